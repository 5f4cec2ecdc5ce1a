"""Distance between colours, which most checks on pixels begin with."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def colour_distance(pixels: torch.Tensor, colour: torch.Tensor | Sequence[float]) -> torch.Tensor:
    """Compute the distance of pixels [3 ...] to a colour [3], or to one for each of the first axes: [...].

    On a CPU `norm(dim=0)` takes 18 times as long.
    """
    wanted = torch.as_tensor(colour, device=pixels.device)
    wanted = wanted.reshape(*wanted.shape, *[1] * (pixels.ndim - wanted.ndim))
    return (pixels - wanted).square_().sum(dim=0).sqrt_()
