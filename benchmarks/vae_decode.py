"""`python -m benchmarks.vae_decode`: our VAE's decode beside diffusers' AutoencoderKLWan, same size, same weights.

Both run in this process in turns. The goal at the bundled model's width is 0.3 of diffusers' time, with equal output.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import time
from collections.abc import Callable

import torch

from benchmarks.diffusers_vae import diffusers_twin
from sora_core.presets import NANO
from sora_core.shapes import VideoShape
from sora_core.vae import VAEConfig, VideoVAE

GOAL = 0.3


def random_vae(config: VAEConfig) -> VideoVAE:
    """A VAE with random weights everywhere: a fresh one has branches that start at zero and would compare nothing."""
    torch.manual_seed(0)
    vae = VideoVAE(config).eval().requires_grad_(False)
    for name, parameter in vae.named_parameters():
        if not name.endswith("gamma"):
            parameter.normal_(std=parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.1)
    return vae


def seconds_of(call: Callable[[], torch.Tensor]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@torch.no_grad()
def main() -> int:
    """Print the table; 0 also where the goal is missed, for that depends on the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=NANO.vae.decoder_dim, help="width of the first level")
    parser.add_argument("--plain", action="store_true", help="the Wan 2.1 layout in place of the bundled model's")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--height", type=int, default=64)
    parser.add_argument("--frames", type=int, default=17)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    base = VAEConfig() if args.plain else NANO.vae
    vae = random_vae(dataclasses.replace(base, dim=args.dim, decoder_dim=args.dim))
    twin = diffusers_twin(vae)
    shape = vae.compression.to_latent(VideoShape(args.frames, args.height, args.width), vae.latent_channels)
    latents = 0.2 * torch.randn(1, *shape)

    ours, theirs = vae.decode(latents).clamp(-1, 1), twin.decode(latents).sample  # warms up, too
    pairs = [
        (seconds_of(lambda: vae.decode(latents)), seconds_of(lambda: twin.decode(latents))) for _ in range(args.runs)
    ]
    print(f"decode of {args.frames} frames of {args.width}x{args.height}, {vae.config}")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {args.runs} runs in turns")
    for name, seconds in zip(("ours", "diffusers"), zip(*pairs, strict=True), strict=True):
        print(f"{name:<12}median {statistics.median(seconds):.4f} s  min {min(seconds):.4f}  max {max(seconds):.4f}")
    ratios = [a / b for a, b in pairs]
    print(f"ratio       median {statistics.median(ratios):.3f}    min {min(ratios):.3f}   max {max(ratios):.3f}")
    print(f"goal        {GOAL} at the bundled model's width")
    print(f"largest difference {(ours - theirs).abs().max():.2e} of values up to {theirs.abs().max():.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
