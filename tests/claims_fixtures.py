"""Subjects of claims: a VAE that loses nothing, so that what is measured of true clips is known."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.claims.subject import Subject
from tiny import tiny_vae


class Perfect(Subject):
    """A subject through whose VAE clips pass as they are."""

    def through_vae(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels


def perfect() -> Subject:
    return Perfect("perfect", tiny_vae())


class Nothing(Perfect):
    """A subject that answers every prompt with grey."""

    def generated(self, prompts: Sequence[str], video: VideoShape, *, seed: int) -> torch.Tensor:
        return torch.zeros(len(prompts), 3, *video)


def nothing(name: str = "nothing") -> Subject:
    return Nothing(name, tiny_vae())


def value(told: object) -> float:
    """The number of a text such as `0.50 (0.10 to 0.90)`."""
    return float(str(told).split()[0])
