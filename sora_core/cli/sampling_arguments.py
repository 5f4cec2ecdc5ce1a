"""Command-line arguments for SamplingOptions, one for each field."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..diffusion.options import SamplingOptions

MADE_FOR = "default: what the model was made for"
PLAIN = ("steps", "guidance", "shift", "negative", "step_cache", "resampling")  # fields that need no conversion


def add_sampling_arguments(command: argparse.ArgumentParser) -> None:
    """Add an argument for each field of SamplingOptions; the model's own options are the defaults."""
    group = command.add_argument_group("sampling")
    add = group.add_argument
    add("--steps", type=int, help=f"number of sampling steps: more are better and slower ({MADE_FOR})")
    add("--shift", type=float, help=f"above 1, more of the steps are spent at high noise ({MADE_FOR})")
    add("--sigmas", metavar="LIST", help="explicit sigmas, such as 1,0.9,0.6,0, instead of --steps and --shift")
    add(
        "--solver",
        metavar="NAME",
        help="euler (default), heun, adams_bashforth, unipc, dpmpp_2m, euler_ancestral or res_multistep: unipc, "
        "dpmpp_2m and res_multistep need fewer steps, euler_ancestral adds fresh noise in each",
    )
    add("--guidance", type=float, help=f"scale of CFG: how closely to follow the prompt; 1 turns it off ({MADE_FOR})")
    add("--negative", metavar="TEXT", help="prompt to guide away from; has no effect at guidance 1")
    add(
        "--history",
        type=float,
        metavar="SCALE",
        help="scale of history guidance, which reduces drift with --windows: 1.5 is a good start (1: off)",
    )
    add(
        "--step-cache",
        type=float,
        metavar="TOLERANCE",
        help="skip model calls that would change little: 0.1 takes two thirds of the time, and the video differs "
        "slightly (0: off)",
    )
    add(
        "--resampling",
        type=int,
        metavar="TIMES",
        help="RePaint resampling: repeat each part of the noise schedule, with --windows (0: off)",
    )
    windows = group.add_mutually_exclusive_group()
    windows.add_argument(
        "--windows",
        action="store_true",
        help="sample in a sliding window, for videos much longer than the model was trained on",
    )
    windows.add_argument(
        "--rolling-window",
        action="store_true",
        help="sample in a rolling window that moves frame by frame, for models that take a timestep per token",
    )


def sampling_options(args: argparse.Namespace, usual: SamplingOptions) -> SamplingOptions:
    """The usual options, replaced by those of the command line. Raises ValueError for a value out of range."""
    from ..diffusion.history import HistoryGuidance
    from ..diffusion.options import parse_sigmas
    from ..diffusion.solvers import solver_named
    from ..diffusion.windows import RollingWindow, SlidingWindow

    given = {name: value for name in PLAIN if (value := getattr(args, name)) is not None}
    options = replace(usual, **given)
    if args.sigmas is not None:
        options = replace(options, sigmas=parse_sigmas(args.sigmas))
    if args.solver is not None:
        options = replace(options, solver=solver_named(args.solver))
    if args.history is not None:
        options = replace(options, history=HistoryGuidance(args.history))
    if args.windows or args.rolling_window:
        options = replace(options, windows=SlidingWindow() if args.windows else RollingWindow())
    return options
