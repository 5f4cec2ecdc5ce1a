"""Sample sheets: one row a clip, so that a person can see what a training has learnt."""

from __future__ import annotations

from pathlib import Path

import torch
from einops import rearrange
from PIL import Image


def save_sheet(clips: torch.Tensor, path: Path) -> None:
    """Clips [B 3 F H W] in -1..1, one below the other, their frames side by side."""
    pixels = ((clips.float().cpu() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    Image.fromarray(rearrange(pixels, "b c f h w -> (b h) (f w) c").numpy()).save(path)
