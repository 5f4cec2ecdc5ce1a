"""`python -m sora_core.evals.checks --domain NAME [--count N]`: how often the checks are right on true clips.

Clips are checked as they are rendered and through H.264. A share that a model reaches means nothing where the check
fails true clips. No model takes part.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from ..canvas.shapes import VideoShape
from ..cli.command_line import Parser, run_command
from ..cli.program import run_program
from ..models.trained_on import UNKNOWN
from ..models.wan.families import OWN
from ..video.video_io import read_frames, write_video
from ..world import DOMAINS, Domain
from .clip_shapes import UNTOLD_DOMAINS, shapes_trained_on

SHAPES = shapes_trained_on(UNKNOWN, UNTOLD_DOMAINS)


@dataclass(frozen=True)
class CheckRate:
    """Shares of true clips, in 0..1, that pass one check: as rendered, and through H.264."""

    check: str
    clips: int
    true: float
    coded: float


def score_checks(
    domain: Domain[Any, Any], video: VideoShape, *, fps: float, count: int, seed: int = 0
) -> tuple[CheckRate, ...]:
    """Check `count` true clips of held-out scenes of a domain at one shape."""
    rng = random.Random(seed)
    passed: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        for _ in range(count):
            scene = domain.sample(rng, unseen=True)
            clip = domain.render([scene], video, fps)[0]
            true, coded = (domain.check(scene, one, fps) for one in (clip, through_h264(clip, Path(folder), fps)))
            for name in true:
                passed[name].append((true[name], coded[name]))
    return tuple(
        CheckRate(name, len(hits), *torch.tensor(hits, dtype=torch.float64).mean(dim=0).tolist())
        for name, hits in sorted(passed.items())
    )


def through_h264(clip: torch.Tensor, folder: Path, fps: float) -> torch.Tensor:
    """Write a clip [3 F H W] in -1..1 into a folder, as a player gets it, and read it back."""
    path = folder / "clip.mp4"
    pixels = ((clip / 2 + 0.5) * 255).round().clamp(0, 255).byte().permute(1, 2, 3, 0).contiguous()
    write_video(path, pixels, fps)
    return torch.stack(list(read_frames(path))).permute(3, 0, 1, 2).float() / 127.5 - 1


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line, measure and print a markdown table; returns 0, 2 for an error, 130 after Ctrl-C."""
    parser = Parser(prog="python -m sora_core.evals.checks", description=__doc__)
    parser.add_argument("--domain", required=True, choices=list(DOMAINS), help="domain of the world")
    parser.add_argument("--count", type=int, default=60, help="clips at each shape (%(default)s)")
    parser.add_argument("--shapes", type=int, default=len(SHAPES), help="use only the first N of the shapes")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    return run_command(
        lambda: _measure(arguments),
        interrupted=lambda: "interrupted",
        needs_less="measure on a machine with more memory",
    )


def _measure(arguments: argparse.Namespace) -> None:
    if arguments.count < 1:
        raise ValueError(f"--count must be at least 1, got {arguments.count}")
    print("| size | frames | check | clips | true | true, through H.264 |")
    print("|---|---|---|---|---|---|")
    for video in SHAPES[: arguments.shapes]:
        domain = DOMAINS[arguments.domain]
        for rate in score_checks(domain, video, fps=OWN.fps, count=arguments.count, seed=arguments.seed):
            shares = f"{rate.true:.3f} | {rate.coded:.3f}"
            print(f"| {video.width}x{video.height} | {video.frames} | {rate.check} | {rate.clips} | {shares} |")


if __name__ == "__main__":
    sys.exit(run_program(main))
