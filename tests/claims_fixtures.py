"""Subjects of claims: a VAE that loses nothing, so that what is measured of true clips is known."""

from __future__ import annotations

import torch

from sora_core.evals.claims.subject import Subject
from tiny import tiny_vae


class Perfect(Subject):
    """A subject through whose VAE clips pass as they are."""

    def through_vae(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels


def perfect() -> Subject:
    return Perfect("perfect", tiny_vae())
