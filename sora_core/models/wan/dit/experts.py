"""Two DiTs that share the noise levels between them, in the place of one (Wan 2.2 A14B)."""

from __future__ import annotations

import torch
from torch import nn

from .image import ImageConditioning
from .model import DiTConfig, VideoDiT


class Experts(nn.Module):
    """Called like a VideoDiT: `high` answers for levels from `boundary` up, `low` for those below.

    A sample whose levels differ from patch to patch goes by its highest: that is where it is being invented.
    """

    def __init__(self, high: VideoDiT, low: VideoDiT, boundary: float) -> None:
        super().__init__()
        check_experts(high.config, low.config, boundary)
        self.high, self.low, self.boundary = high, low, boundary

    @property
    def config(self) -> DiTConfig:
        """Of both."""
        return self.high.config

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return self.high.dtype

    def forward(
        self,
        latents: torch.Tensor,
        noise_level: torch.Tensor,
        text: torch.Tensor,
        image: ImageConditioning | None = None,
    ) -> torch.Tensor:
        """As VideoDiT. One expert runs, unless the samples of a batch lie on both sides of the boundary."""
        noisy = (
            noise_level.flatten(1).amax(1) >= self.boundary if noise_level.ndim > 1 else noise_level >= self.boundary
        )
        if bool(noisy.all()):
            return self.high(latents, noise_level, text, image)
        if not bool(noisy.any()):
            return self.low(latents, noise_level, text, image)
        images = None if image is None else image.for_batch(len(latents))
        order, parts = [], []
        for expert, chosen in ((self.high, noisy), (self.low, ~noisy)):
            rows = None if images is None else images.rows(chosen)
            parts.append(expert(latents[chosen], noise_level[chosen], text[chosen], rows))
            order.append(chosen.nonzero().flatten())
        return torch.cat(parts)[torch.cat(order).argsort()]  # [B C T H W]


def check_experts(high: DiTConfig, low: DiTConfig, boundary: float) -> None:
    """ValueError unless two DiTs of these configs can share the levels at this boundary."""
    if high != low:
        raise ValueError(f"two experts must be of one config, got {high} and {low}")
    check_boundary(boundary)


def check_boundary(boundary: float) -> None:
    """ValueError unless it lies between the levels."""
    if not 0 < boundary < 1:
        raise ValueError(f"boundary must be a noise level between 0 and 1, got {boundary}")
