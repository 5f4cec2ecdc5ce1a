"""Frames of a clip side by side in one picture: what a README, a log or a person in a hurry looks at."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image

GAP = 2  # pixels between frames


def contact_sheet(frames: Sequence[torch.Tensor] | torch.Tensor, columns: int) -> Image.Image:
    """Lay out uint8 frames [H W 3] of one size, row by row on white; frames is a sequence or [F H W 3]."""
    if len(frames) < 1 or columns < 1:
        raise ValueError(f"a contact sheet needs at least one frame and column, got {len(frames)} and {columns}")
    height, width, _ = frames[0].shape
    rows = -(-len(frames) // columns)
    size = (columns * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    for index, frame in enumerate(frames):
        row, column = divmod(index, columns)
        picture = Image.fromarray(frame.cpu().contiguous().numpy())
        sheet.paste(picture, (column * (width + GAP), row * (height + GAP)))
    return sheet
