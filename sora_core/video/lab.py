"""Frames in CIE Lab, where equal steps look alike. kornia, which takes a second to import, waits for the first call."""

from __future__ import annotations

import torch


def to_lab(frames: torch.Tensor) -> torch.Tensor:
    """sRGB frames [... H W 3] in 0..1 -> Lab [... 3 H W] in float32: L in 0..100."""
    from kornia.color import rgb_to_lab

    return rgb_to_lab(frames.float().movedim(-1, -3))


def from_lab(lab: torch.Tensor) -> torch.Tensor:
    """Lab [... 3 H W] -> sRGB frames [... H W 3], cut to 0..1."""
    from kornia.color import lab_to_rgb

    return lab_to_rgb(lab).clamp(0, 1).movedim(-3, -1)
