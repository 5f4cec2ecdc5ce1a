"""Steps without the model: where its velocity would hardly change, the last one is taken once more.

The measure is that of EasyCache (https://arxiv.org/abs/2507.02860): how fast velocities change with latents is seen
where the model is asked, and tells where it need not be. What is kept is the velocity itself: docs/experiments.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .guidance import Guider


@dataclass
class _Asked:
    """The last time that the guider was asked: what it was given and what it gave, [B C T H W] each."""

    latents: torch.Tensor
    noise_level: torch.Tensor
    velocity: torch.Tensor


class Cached:
    """A guider that asks the one in it only where the relative change of velocity since then may exceed `tolerance`.

    tolerance: 0 asks always; 0.05 is a fair beginning. warm_up: calls that are always passed on, 2 at least.
    asked, calls: how often the inner guider was asked, and this one. Made anew for each clip: it remembers.
    """

    def __init__(self, guider: Guider, tolerance: float, warm_up: int = 4) -> None:
        if not 0 <= tolerance < 1 or warm_up < 2:
            raise ValueError(f"got tolerance {tolerance} and warm_up {warm_up}, expected 0..1 and 2 or more")
        self.guider, self.tolerance, self.warm_up = guider, tolerance, warm_up
        self.asked = self.calls = 0
        self._last: _Asked | None = None
        self._seen = torch.empty(0)  # latents of the call before this one
        self._rate = 0.0  # change of velocity for a change of latents
        self._drift = 0.0  # expected relative change of velocity since the guider was asked

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider."""
        self.calls += 1
        last = self._last
        if last is None or last.latents.shape != latents.shape or bool((noise_level > last.noise_level).any()):
            self._forget()  # another canvas, or a plan that rises
            return self._ask(latents, noise_level)
        self._drift += self._rate * _norm(latents - self._seen) / _norm(last.velocity)
        self._seen = latents
        if self.asked <= self.warm_up or self._drift >= self.tolerance:
            return self._ask(latents, noise_level)
        return last.velocity

    def _ask(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        velocity = self.guider(latents, noise_level)
        if self._last is not None:
            moved = _norm(latents - self._last.latents)
            self._rate = _norm(velocity - self._last.velocity) / moved if moved else self._rate
        self._last, self._seen, self._drift = _Asked(latents, noise_level, velocity), latents, 0.0
        self.asked += 1
        return velocity

    def _forget(self) -> None:
        self._last, self._rate, self._drift = None, 0.0, 0.0


def _norm(values: torch.Tensor) -> float:
    return float(values.float().norm())
