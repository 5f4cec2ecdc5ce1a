"""Between the pixels of clips and the latents of a model: at the beginning of a canvas, and in place further on."""

from __future__ import annotations

import torch

from ..canvas.placement import Placement
from ..pipeline import Pipeline


def pixels_of(frames: torch.Tensor) -> torch.Tensor:
    """uint8 [B F H W 3] -> [B 3 F H W] in -1..1."""
    return frames.permute(0, 4, 1, 2, 3).float() / 127.5 - 1


@torch.no_grad()
def encode(pipe: Pipeline, pixels: torch.Tensor) -> torch.Tensor:
    """[B 3 F H W] in -1..1 -> latents [B C T H' W'], as they stand at a canvas's beginning."""
    return pipe.vae.encode(pixels.to(next(pipe.vae.parameters()))).float()


def encode_placed(pipe: Pipeline, pixels: torch.Tensor, placement: Placement) -> torch.Tensor:
    """[B 3 length H W] in -1..1 -> the latents [B C t H' W'] that are known of a clip at its place on a canvas."""
    known = placement.known
    return encode(pipe, placement.fill(pixels))[:, :, known.start : known.stop]


def through_vae(pipe: Pipeline, pixels: torch.Tensor) -> torch.Tensor:
    """[B 3 F H W] in -1..1 as the VAE gives it back: what a perfect model would show."""
    return pixels_of(pipe.decode(encode(pipe, pixels)))
