"""`python -m benchmarks.vae_decode` times our VAE's decode and diffusers' with the same weights.

Both run in turns in several processes, because the memory layout of a process changes diffusers' time by up to 1.7.
The goal at the bundled model's width is 0.3 of diffusers' time, with equal output.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import subprocess
import sys

import torch

from benchmarks.diffusers_vae import diffusers_twin
from benchmarks.random_weights import random_vae
from benchmarks.rounds import seconds_of
from sora_core.canvas.shapes import VideoShape
from sora_core.models.nano import NANO_64
from sora_core.models.wan.vae import VAEConfig

GOAL = 0.3


@torch.no_grad()
def compare(args: argparse.Namespace) -> None:
    """Warm up, time both in turns, and print one line of numbers; one process's part."""
    vae = random_vae(config_of(args))
    twin = diffusers_twin(vae)
    shape = vae.compression.to_latent(VideoShape(args.frames, args.height, args.width), vae.latent_channels)
    latents = 0.2 * torch.randn(1, *shape)
    ours, theirs = vae.decode(latents).clamp(-1, 1), twin.decode(latents).sample
    pairs = [
        (seconds_of(lambda: vae.decode(latents)), seconds_of(lambda: twin.decode(latents))) for _ in range(args.runs)
    ]
    medians = [statistics.median(seconds) for seconds in zip(*pairs, strict=True)]
    ratio = statistics.median(a / b for a, b in pairs)
    print(*medians, ratio, (ours - theirs).abs().max().item(), theirs.abs().max().item())


def config_of(args: argparse.Namespace) -> VAEConfig:
    """Return the config of the VAE for the arguments."""
    base = VAEConfig() if args.plain else NANO_64.vae
    return dataclasses.replace(base, dim=args.dim, decoder_dim=args.dim)


def main() -> int:
    """Print the table; 0 also where the goal is missed, for that depends on the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=NANO_64.vae.decoder_dim, help="width of the first level")
    parser.add_argument("--plain", action="store_true", help="use Wan 2.1's architecture, not the bundled model's")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--height", type=int, default=64)
    parser.add_argument("--frames", type=int, default=17)
    parser.add_argument("--runs", type=int, default=11, help="runs in each process")
    parser.add_argument("--processes", type=int, default=7, help="number of processes; 0 runs here, prints raw numbers")
    args = parser.parse_args()
    if args.processes == 0:
        compare(args)
        return 0
    command = [sys.executable, "-m", "benchmarks.vae_decode", *sys.argv[1:], "--processes", "0"]
    runs = [
        [float(word) for word in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]
        for _ in range(args.processes)
    ]
    print(f"decode of {args.frames} frames of {args.width}x{args.height}, {config_of(args)}")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"{args.processes} processes, {args.runs} runs in turns in each: median and range of their medians")
    for name, figures in zip(("ours", "diffusers", "ratio"), zip(*runs, strict=True), strict=False):
        unit = "" if name == "ratio" else " s"
        print(f"{name:<11}{statistics.median(figures):.4f}{unit}  {min(figures):.4f} to {max(figures):.4f}")
    print(f"{'goal':<11}{GOAL} at the bundled model's width")
    print(f"largest difference {max(run[3] for run in runs):.2e} of values up to {max(run[4] for run in runs):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
