"""`python -m sora_core generate PROMPT -o FILE`: generates an mp4 from a prompt."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..system.version import NAME, version
from .caption import add_caption_command
from .command_line import Parser, run_command
from .expand import add_expand_arguments, expand
from .sampling_arguments import MADE_FOR, add_sampling_arguments, sampling_options

if TYPE_CHECKING:
    import torch

    from ..canvas.shapes import VideoShape
    from ..diffusion.options import SamplingOptions
    from ..pipeline import Pipeline

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code: 0, 1 if files failed, 2 for an error of the user, 130 after Ctrl-C."""
    args = build_parser().parse_args(argv)
    logging.basicConfig(format="%(levelname)s: %(message)s")
    return run_command(
        lambda: args.work(args),
        interrupted=lambda: args.interrupted,
        needs_less=args.needs_less,
    )


def build_parser() -> argparse.ArgumentParser:
    """The parser of `generate PROMPT -o FILE [...]`, `expand PROMPT [...]` and `caption FOLDER [...]`."""
    parser = Parser(prog="python -m sora_core", description="Text to video.")
    parser.set_defaults(interrupted="interrupted; nothing was written")
    parser.set_defaults(needs_less="use a smaller --width, --height or --seconds")
    parser.add_argument("--version", action="version", version=f"{NAME} {version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    expansion = commands.add_parser("expand", help="make a short prompt detailed")
    add_expand_arguments(expansion)
    expansion.set_defaults(work=expand)
    add_caption_command(commands.add_parser("caption", help="write a caption beside each video of a folder"))
    command = commands.add_parser("generate", help="make a video from a prompt")
    command.set_defaults(work=generate)
    command.add_argument("prompt", metavar="PROMPT", help="what the video shows, in a sentence")
    command.add_argument("-o", "--out", metavar="FILE", required=True, help="the .mp4 to write")
    command.add_argument(
        "--model",
        default="nano",
        help="%(default)s (the demo model that comes with this package), a folder (ours, diffusers', ComfyUI's) or a "
        "DiT's file (default: %(default)s)",
    )
    command.add_argument(
        "--lora",
        action="append",
        default=[],
        metavar="FILE[:STRENGTH]",
        help="a LoRA file to merge into the model; repeat it for more (with two experts, high_noise or low_noise in "
        "its name selects the expert)",
    )
    command.add_argument("--width", type=int, help=f"pixels ({MADE_FOR})")
    command.add_argument("--height", type=int, help=f"pixels ({MADE_FOR})")
    command.add_argument("--seconds", type=float, help=f"length of the video ({MADE_FOR})")
    command.add_argument("--fps", type=float, help=f"frames per second ({MADE_FOR})")
    add_sampling_arguments(command)
    command.add_argument(
        "--seed", type=int, default=0, help="seed of the noise: the same seed gives the same video (%(default)s)"
    )
    command.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, mps, ... (%(default)s)")
    command.add_argument(
        "--compile", action="store_true", help="use torch.compile: the first step takes a minute more, the others less"
    )
    return parser


def generate(args: argparse.Namespace) -> None:
    """Generate an mp4, with a progress bar and the time of each stage."""
    stages: dict[str, float] = {}
    with timed(stages, "import"):  # late: importing torch takes a second, --help should not
        from tqdm import tqdm

        from ..diffusion.sampler import check_seed
        from ..long_video import stream_long
        from ..pipeline import Lora, Pipeline, SamplingOptions, check_prompt
        from ..video.video_io import check_target, write_video
    check_prompt(args.prompt)
    if (args.negative or "").strip():
        check_prompt(args.negative)
    check_seed(args.seed)
    target = check_target(args.out)
    sampling_options(args, SamplingOptions())  # report errors before loading anything
    with timed(stages, "load"):
        pipe = Pipeline.load(args.model, device=args.device, loras=[Lora.parse(text) for text in args.lora])
        if args.compile:
            pipe.compile()
    usual = pipe.made_for
    options = sampling_options(args, usual.sampling)
    fps = pipe.fps if args.fps is None else args.fps
    width = usual.width if args.width is None else args.width
    height = usual.height if args.height is None else args.height
    seconds = usual.seconds if args.seconds is None else args.seconds
    shape = pipe.video_shape(width, height, seconds=seconds, fps=fps)
    if options.windows is None and (options.resampling or options.history.scale != 1):
        log.warning("--history and --resampling have no effect without --windows: there are no known frames")
    pipe.warn_of_words([args.prompt, options.negative])  # here, where no progress bar is in the way
    pipe.warn_of_shape(pipe.latent_shape(shape), options)
    if options.windows:
        video = stream_long(pipe, args.prompt, shape, fps, seed=args.seed, sampling=options)
        with timed(stages, "sample, decode and write"):
            write_video(target, tqdm(video.frames, total=shape.frames, unit="frame", leave=False), fps)
    else:
        latents = sample_whole(pipe, args, shape, options, stages)
        with timed(stages, "decode and write"):
            frames = tqdm(pipe.decode_frames(latents), total=shape.frames, desc="decode", unit="frame", leave=False)
            write_video(target, frames, fps)
    print(f"{target}: {shape.frames} frames of {shape.width}x{shape.height} at {fps:g} fps, seed {args.seed}")
    print(", ".join(f"{name} {seconds:.2f} s" for name, seconds in stages.items()))


def sample_whole(
    pipe: Pipeline, args: argparse.Namespace, shape: VideoShape, options: SamplingOptions, stages: dict[str, float]
) -> torch.Tensor:
    """Sample the latents of the whole clip at once, with a progress bar."""
    from tqdm import tqdm

    with timed(stages, "encode text"):
        text = pipe.encode_text([args.prompt])
    with timed(stages, "sample"), tqdm(total=options.total_steps, desc="sample", unit="step", leave=False) as bar:

        def on_step(done: int, total: int, estimate: torch.Tensor) -> None:
            bar.update()

        return pipe.sample_latents(text, shape, seed=args.seed, sampling=options, on_step=on_step)


@contextmanager
def timed(stages: dict[str, float], name: str) -> Iterator[None]:
    """Record the seconds that the block takes."""
    start = time.perf_counter()
    yield
    stages[name] = time.perf_counter() - start
