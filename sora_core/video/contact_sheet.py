"""Contact sheets: the frames of a clip side by side in one image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image

GAP = 2  # pixels between frames


def contact_sheet(frames: Sequence[torch.Tensor] | torch.Tensor, columns: int) -> Image.Image:
    """Draw uint8 frames [H W 3] of one size row by row on white; frames is a sequence or [F H W 3]."""
    if len(frames) < 1 or columns < 1:
        raise ValueError(f"a contact sheet needs at least one frame and column, got {len(frames)} and {columns}")
    height, width, _ = frames[0].shape
    rows = -(-len(frames) // columns)
    size = (columns * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    for index, frame in enumerate(frames):
        row, column = divmod(index, columns)
        image = Image.fromarray(frame.cpu().contiguous().numpy())
        sheet.paste(image, (column * (width + GAP), row * (height + GAP)))
    return sheet
