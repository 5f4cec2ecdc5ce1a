"""`python -m sora_core.train vae|decoder|dit --out FOLDER --minutes M` trains one part of a model.

docs/experiments/ has the commands that trained `nano`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..cli.command_line import Parser, run_command
from ..cli.program import run_program

if TYPE_CHECKING:
    import torch

    from ..models.wan.vae import VideoVAE
    from .clip_source import TrainingSources
    from .config import TrainConfig
    from .loop import Task
    from .run import Run

PARTS = {
    "text": "the text encoder, which learns to state the facts of captions",
    "vae": "the video VAE",
    "decoder": "only the decoder of a trained VAE; its latents do not change",
    "dit": "the DiT and its text encoder, on the latents of a trained VAE",
    "captioner": "the captioner, which describes latents of a trained VAE",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and train; returns 0, 2 for a user's error, 130 after Ctrl-C."""
    arguments = build_parser().parse_args(argv)

    def interrupted() -> str:
        from .loop import STATE

        saved = (arguments.out / STATE).exists()
        return f"interrupted; {f'continue with --resume --out {arguments.out}' if saved else 'nothing was saved yet'}"

    return run_command(
        lambda: train_part(arguments), interrupted=interrupted, needs_less="train on a machine with more memory"
    )


def build_parser() -> argparse.ArgumentParser:
    """Build the parser, with one subcommand per part."""
    parser = Parser(prog="python -m sora_core.train", description="Train the bundled model's parts.")
    parts = parser.add_subparsers(dest="part", required=True)
    for name, text in PARTS.items():
        part = parts.add_parser(name, help=text, description=text)
        part.add_argument("--out", type=Path, required=True, help="folder of the run: state, log, sheets, checkpoint")
        part.add_argument(
            "--minutes", type=float, required=True, help="time budget of the whole run, over all its parts"
        )
        part.add_argument("--device", default="cpu")
        part.add_argument("--seed", type=int, default=0)
        part.add_argument("--resume", action="store_true", help="continue the run in --out")
        part.add_argument(
            "--domains", metavar="NAME=WEIGHT,...", help="domains of the world to learn, with relative shares of clips"
        )
        part.add_argument(
            "--pool", metavar="FOLDER", type=Path, help="keep the pool of made clips on the disk, not in memory"
        )
        part.add_argument(
            "--keep-at", metavar="STEP,...", default="", help="also keep the weights after these steps, in kept/STEP"
        )
        part.add_argument(
            "--square-crops", action="store_true", help="cut all clips to squares, to compare with native aspect ratios"
        )
        part.add_argument("--preset", default="nano", help="sizes of the model and how it is trained: nano, nano-128")
        if name in ("text", "dit"):
            part.add_argument("--captions", default="all", help="captions to learn from: all, terse, detailed, noisy")
        else:
            part.set_defaults(captions="detailed" if name == "captioner" else "all")
        if name == "captioner":
            words = "text_encoder.safetensors of the model, whose tokenizer the captioner writes with"
            part.add_argument("--text-encoder", metavar="FILE", type=Path, required=True, help=words)
            part.add_argument("--start-from", metavar="FILE", type=Path, help="captioner.safetensors to start from")
        if name == "text":
            part.set_defaults(vae=None)
            part.add_argument("--start-from", metavar="FILE", type=Path, help="text_encoder.safetensors to start from")
            continue
        if name == "vae":
            part.add_argument("--start-from", metavar="FILE", type=Path, help="vae.safetensors to start from")
            part.add_argument(
                "--new-statistics",
                action="store_true",
                help="measure the latents' mean and spread anew at the end, for a VAE that has no DiT yet",
            )
        else:
            part.add_argument("--vae", type=Path, required=True, help="vae.safetensors of an earlier run")
        if name == "dit":
            start = "nano or a folder with weights to start from; without a text encoder in it a new one is trained"
            part.add_argument("--start-from", metavar="MODEL", help=start)
            part.add_argument(
                "--text-encoder",
                metavar="FILE",
                type=Path,
                help="text_encoder.safetensors of `train text` to start from, in place of one beside --start-from",
            )
            part.add_argument("--keep-text", action="store_true", help="do not train the text encoder with the DiT")
            recaption = "captioner.safetensors whose descriptions the clips have in place of their own captions"
            part.add_argument("--captioner", metavar="FILE", type=Path, help=recaption)
            part.add_argument("--compile", action="store_true", help="use torch.compile, which needs a C++ compiler")
    return parser


def train_part(arguments: argparse.Namespace) -> None:
    """Check the arguments, then make the task, which takes a while, and train it."""
    from ..diffusion.sampler import check_seed  # late, like everything that imports torch, so that --help is fast
    from ..system.device import usable_device
    from . import distributed
    from .loop import Schedule, check_folder, parse_steps, train

    schedule = Schedule(arguments.minutes, keep_at=parse_steps(arguments.keep_at))
    check_seed(arguments.seed)
    check_folder(arguments.out, resume=arguments.resume)
    with distributed.process_group(usable_device(arguments.device)) as device:
        train(make_task(arguments, device), arguments.out, schedule, resume=arguments.resume)


def make_task(arguments: argparse.Namespace, device: torch.device) -> Task:
    """Make the task of a part."""
    from ..checkpoint import load_vae
    from .caption_choice import captions_named
    from .config import training_of
    from .run import Run
    from .sources import build_sources, parse_weights
    from .square_crops import cropped
    from .vae_task import VAETask

    config = replace(training_of(arguments.preset), captions=captions_named(arguments.captions))
    config = config.with_square_crops() if arguments.square_crops else config
    weights = parse_weights(arguments.domains) if arguments.domains else config.domains
    trained = arguments.start_from if arguments.part == "vae" else arguments.vae
    vae = load_vae(trained, device=device) if trained else None
    compression = (vae or config.preset.vae).compression
    describes = arguments.part == "captioner"
    told = replace(config.captions, in_order=describes, plain=describes)
    flat = config.captioner.flat if describes else None
    sources = build_sources(
        weights, config.preset.fps, device, step=compression.time, told=told, flat=flat, even=describes
    )
    sources = cropped(sources, config.cut_from) if config.cut_from else sources
    if arguments.part == "dit" and arguments.captioner and vae:
        sources = told_by(arguments.captioner, vae, sources, config)
    run = Run(config, sources, device, arguments.seed, arguments.pool)
    if arguments.part == "text":
        return make_text_task(arguments, run)
    if vae is None:
        return VAETask.fresh(run)
    if arguments.part == "dit":
        return make_dit_task(arguments, run, vae)
    if arguments.part == "captioner":
        return make_captioner_task(arguments, run, vae)
    if arguments.part == "decoder":
        return VAETask.of_decoder(run, vae)
    return VAETask.further(run, vae, new_statistics=arguments.new_statistics)


def make_text_task(arguments: argparse.Namespace, run: Run) -> Task:
    """Make the task of a text encoder, which may start from a trained one."""
    from .text_task import TextTask

    task = TextTask(run)
    if arguments.start_from:
        task.start_from(arguments.start_from)
    return task


def make_captioner_task(arguments: argparse.Namespace, run: Run, vae: VideoVAE) -> Task:
    """Make the task of a captioner, which may start from a trained one."""
    from ..checkpoint import load_text_encoder
    from .captioner_task import CaptionerTask

    task = CaptionerTask(run, vae, load_text_encoder(arguments.text_encoder).tokenizer)
    if arguments.start_from and not arguments.resume:
        task.start_from(arguments.start_from)
    return task


def told_by(captioner: Path, vae: VideoVAE, sources: TrainingSources, config: TrainConfig) -> TrainingSources:
    """Return the sources as a captioner describes them. Raises ValueError for one of another VAE."""
    from ..checkpoint import load_captioner
    from .recaptions import describer, recaptioned

    model = load_captioner(captioner, device=next(vae.parameters()).device).eval()
    if model.config.latent_channels != vae.latent_channels:
        raise ValueError(
            f"the captioner {captioner} reads latents of {model.config.latent_channels} channels, the VAE gives "
            f"{vae.latent_channels}; use the VAE that it was trained with"
        )
    video, _ = config.preset.clips[0]
    return recaptioned(sources, describer(model, vae), video)


def make_dit_task(arguments: argparse.Namespace, run: Run, vae: VideoVAE) -> Task:
    """Make the task of the DiT, with the weights of a trained one if there is one to start from."""
    from ..pipeline import ModelFolder, find_dit
    from .dit_task import DiTTask

    start = ModelFolder(find_dit(arguments.start_from).parent) if arguments.start_from else None
    has_text = arguments.text_encoder or (start is not None and start.text_encoder.exists())
    if arguments.keep_text and not has_text:
        raise ValueError("--keep-text needs a trained text encoder; give --text-encoder FILE or --start-from MODEL")
    task = DiTTask(run, vae, learn_text=not arguments.keep_text)
    if start is not None and not arguments.resume:
        task.start_from(start)
    if arguments.text_encoder is not None and not arguments.resume:
        task.take_text_encoder(arguments.text_encoder)
    if arguments.compile:
        task.compile()
    return task


if __name__ == "__main__":
    sys.exit(run_program(main))
