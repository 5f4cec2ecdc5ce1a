"""Encoding of clips for evaluation: at the start of a canvas, or at a later position."""

from __future__ import annotations

import torch

from ..canvas.placement import Placement
from ..pipeline import Pipeline


def pixels_of(frames: torch.Tensor) -> torch.Tensor:
    """Convert uint8 frames [B F H W 3] to pixels [B 3 F H W] in -1..1."""
    return frames.permute(0, 4, 1, 2, 3).float() / 127.5 - 1


@torch.no_grad()
def encode(pipe: Pipeline, pixels: torch.Tensor) -> torch.Tensor:
    """Encode pixels [B 3 F H W] in -1..1 to latents [B C T H' W'] for the start of a canvas."""
    return pipe.vae.encode(pixels.to(next(pipe.vae.parameters()))).float()


def encode_placed(pipe: Pipeline, pixels: torch.Tensor, placement: Placement) -> torch.Tensor:
    """Encode a clip [B 3 length H W] in -1..1 at its position on a canvas: its known latents [B C t H' W']."""
    known = placement.known
    return encode(pipe, placement.fill(pixels))[:, :, known.start : known.stop]


def through_vae(pipe: Pipeline, pixels: torch.Tensor) -> torch.Tensor:
    """Reconstruct pixels [B 3 F H W] in -1..1 by the VAE: the best that a model on its latents can reach."""
    return pixels_of(pipe.decode(encode(pipe, pixels)))
