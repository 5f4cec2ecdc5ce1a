"""Conversion of frames to CIE Lab, a perceptually uniform colour space, and back.

kornia takes a second to import, so the first call imports it.
"""

from __future__ import annotations

import torch


def to_lab(frames: torch.Tensor) -> torch.Tensor:
    """Convert sRGB frames [... H W 3] in 0..1 to Lab [... 3 H W] in float32, with L in 0..100."""
    from kornia.color import rgb_to_lab

    return rgb_to_lab(frames.float().movedim(-1, -3))


def from_lab(lab: torch.Tensor) -> torch.Tensor:
    """Convert Lab [... 3 H W] to sRGB frames [... H W 3], clamped to 0..1."""
    from kornia.color import lab_to_rgb

    return lab_to_rgb(lab).clamp(0, 1).movedim(-3, -1)
