"""Sample sheets: images of clips, to see what training has learnt so far."""

from __future__ import annotations

from pathlib import Path

import torch
from einops import rearrange
from PIL import Image


def save_sheet(clips: torch.Tensor, path: Path) -> None:
    """Save clips [B 3 F H W] in -1..1 as an image, one row per clip with its frames side by side."""
    pixels = ((clips.float().cpu() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    Image.fromarray(rearrange(pixels, "b c f h w -> (b h) (f w) c").numpy()).save(path)
