"""`python -m benchmarks.wan_vae` times a VAE of Wan 2.1's shape: ours, diffusers', ComfyUI's.

For all three use ComfyUI's interpreter with diffusers, PYTHONPATH set to this checkout and COMFYUI_PATH to ComfyUI. A
peer that cannot be imported is skipped with a message. All have the same random weights.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch

from benchmarks.comfyui_vae import comfyui_twin
from benchmarks.peers import import_comfyui, importable
from benchmarks.random_weights import wan_vae
from benchmarks.rounds import HEADER, compare
from sora_core.canvas.shapes import VideoShape
from sora_core.models.wan.vae import VideoVAE


class Coder(NamedTuple):
    """encode: pixels [1 3 F H W] in -1..1 -> raw latents; decode: raw latents [1 C T H W] -> pixels."""

    encode: Callable[[torch.Tensor], torch.Tensor]
    decode: Callable[[torch.Tensor], torch.Tensor]


def our_coder(vae: VideoVAE) -> Coder:
    """Return our VAE's calls."""
    return Coder(vae.encode, vae.decode)


def diffusers_coder(vae: VideoVAE) -> Coder:
    """Build diffusers' AutoencoderKLWan, which clamps decoded pixels; returns its calls."""
    from benchmarks.diffusers_vae import diffusers_twin

    twin = diffusers_twin(vae)
    return Coder(lambda pixels: twin.encode(pixels).latent_dist.mode(), lambda latents: twin.decode(latents).sample)


def comfyui_coder(vae: VideoVAE) -> Coder:
    """Build ComfyUI's WanVAE; returns its calls."""
    import_comfyui()
    twin = comfyui_twin(vae)
    return Coder(twin.encode, twin.decode)


BUILDERS = {"ours": our_coder, "diffusers": diffusers_coder, "ComfyUI": comfyui_coder}


def random_pixels(frames: int, size: int) -> torch.Tensor:
    """Draw uniform pixels [1 3 F H W] in -1..1."""
    return torch.empty(1, 3, frames, size, size).uniform_(-1, 1, generator=torch.Generator().manual_seed(1))


def random_latents(vae: VideoVAE, frames: int, size: int) -> torch.Tensor:
    """Draw latents [1 C T H W] that decode to pixels mostly within -1..1."""
    shape = vae.compression.to_latent(VideoShape(frames, size, size), vae.latent_channels)
    return 0.2 * torch.randn(1, *shape, generator=torch.Generator().manual_seed(1))


def lines(vae: VideoVAE, args: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield the call and the cells of rounds.compare for each VAE."""
    pixels, latents = random_pixels(args.frames, args.size), random_latents(vae, args.frames, args.size)
    coders = importable(BUILDERS, vae)
    decodes = {name: partial(coder.decode, latents) for name, coder in coders.items()}
    encodes = {name: partial(coder.encode, pixels) for name, coder in coders.items()}
    yield from (("decode", cells) for cells in compare(decodes, args.runs, limit=1.0))
    yield from (("encode", cells) for cells in compare(encodes, args.runs))


@torch.inference_mode()
def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, nargs="+", default=[16, 32, 96], help="widths; 96 is the published one")
    parser.add_argument("--size", type=int, default=256, help="height and width in pixels")
    parser.add_argument("--frames", type=int, default=17)
    parser.add_argument("--runs", type=int, default=5, help="runs of each, in turns")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"torch {torch.__version__}, {args.threads} threads, {args.frames} frames of {args.size}x{args.size}, "
          f"{args.runs} runs\n")  # fmt: skip
    print(f"| width | call | VAE | {HEADER} |\n|---|---|---|---|---|---|")
    for dim in args.dim:
        for call, cells in lines(wan_vae(dim), args):
            print(f"| {dim} | {call} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
