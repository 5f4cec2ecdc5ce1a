"""Experts: two DiTs as one model, one for high noise levels and one for low (Wan 2.2 A14B)."""

from __future__ import annotations

import torch
from torch import nn

from .image import ImageConditioning
from .model import DiTConfig, VideoDiT


class Experts(nn.Module):
    """Two VideoDiTs with the interface of one: `high` runs at noise levels >= `boundary`, `low` below.

    A sample with a level per frame or patch is routed by its highest level, that of the part being generated.
    """

    def __init__(self, high: VideoDiT, low: VideoDiT, boundary: float) -> None:
        super().__init__()
        check_experts(high.config, low.config, boundary)
        self.high, self.low, self.boundary = high, low, boundary

    @property
    def config(self) -> DiTConfig:
        """The config that both experts share."""
        return self.high.config

    @property
    def dtype(self) -> torch.dtype:
        """Dtype of the weights."""
        return self.high.dtype

    def step_bytes(self, latents: torch.Tensor) -> int:
        """See VideoDiT.step_bytes; the experts run one after the other."""
        return self.high.step_bytes(latents)

    def forward(
        self,
        latents: torch.Tensor,
        noise_level: torch.Tensor,
        text: torch.Tensor,
        image: ImageConditioning | None = None,
    ) -> torch.Tensor:
        """See VideoDiT.forward. Both experts run only if the batch has samples on both sides of the boundary."""
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
    """Raise ValueError unless the configs are equal and the boundary is valid."""
    if high != low:
        raise ValueError(f"the two experts must have the same config, got {high} and {low}")
    check_boundary(boundary)


def check_boundary(boundary: float) -> None:
    """Raise ValueError unless 0 < boundary < 1."""
    if not 0 < boundary < 1:
        raise ValueError(f"boundary must be a noise level between 0 and 1, got {boundary}")
