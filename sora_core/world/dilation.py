"""Dilation of masks, of which checks on pixels make margins and openings."""

from __future__ import annotations

import torch
from torch.nn.functional import max_pool2d


def dilated(mask: torch.Tensor, reach: int) -> torch.Tensor:
    """Spread what is marked in a mask [F H W] by so many pixels to all sides, corners too: the maximum around each.

    One axis after the other takes fewer comparisons.
    """
    size = 2 * reach + 1
    rows = max_pool2d(mask[:, None], (size, 1), 1, (reach, 0))
    return max_pool2d(rows, (1, size), 1, (0, reach))[:, 0]
