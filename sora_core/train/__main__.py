"""`python -m sora_core.train vae|decoder|dit --out FOLDER --minutes M`; docs/experiments.md has those of `nano`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from ..checkpoint import load_vae
from ..diffusion.sampler import check_seed
from ..pipeline import ModelFolder, find_dit, usable_device
from ..presets import NANO
from . import workers
from .dit_task import DiTTask
from .loop import Schedule, Task, check_folder, train
from .vae_task import VAETask

PARTS = {
    "vae": "the video VAE, from scratch",
    "decoder": "the decoder of a trained VAE alone; its latents do not change",
    "dit": "the DiT and its text encoder, on the latents of a trained VAE",
}


def main(argv: list[str] | None = None) -> int:
    """Parse the command line and train; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sora_core.train", description="Train the bundled model's parts.")
    parts = parser.add_subparsers(dest="part", required=True)
    for name, text in PARTS.items():
        part = parts.add_parser(name, help=text, description=text)
        part.add_argument("--out", type=Path, required=True, help="folder of the run: state, log, sheets, checkpoint")
        part.add_argument("--minutes", type=float, required=True, help="time budget over all resumed parts")
        part.add_argument("--device", default="cpu")
        part.add_argument("--seed", type=int, default=0)
        part.add_argument("--resume", action="store_true", help="go on with the run in --out")
        if name != "vae":
            part.add_argument("--vae", type=Path, required=True, help="vae.safetensors of an earlier run")
        if name == "dit":
            part.add_argument("--start-from", metavar="MODEL", help="begin with these weights: nano, or a folder")
            part.add_argument("--compile", action="store_true", help="use torch.compile (needs a C++ compiler)")
    arguments = parser.parse_args(argv)
    try:
        schedule = Schedule(arguments.minutes)
        check_seed(arguments.seed)
        check_folder(arguments.out, resume=arguments.resume)  # before models and clips are made
        with workers.joined(usable_device(arguments.device)) as device:
            train(_task(arguments, device), arguments.out, schedule, resume=arguments.resume)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"interrupted; go on with --resume --out {arguments.out}", file=sys.stderr)
        return 130
    return 0


def _task(arguments: argparse.Namespace, device: torch.device) -> Task:
    if arguments.part == "vae":
        return VAETask.fresh(NANO, device=device, seed=arguments.seed)
    vae = load_vae(arguments.vae, device=device)
    if arguments.part == "decoder":
        return VAETask.of_decoder(NANO, vae, device=device, seed=arguments.seed)
    task = DiTTask(NANO, vae, device=device, seed=arguments.seed)
    if arguments.start_from and not arguments.resume:
        task.start_from(ModelFolder(find_dit(arguments.start_from).parent))
    if arguments.compile:
        task.compile()
    return task


if __name__ == "__main__":
    sys.exit(main())
