"""Steps without the model: where its velocity would hardly change, the last one is taken once more.

The measure is that of EasyCache (https://arxiv.org/abs/2507.02860): how fast velocities change with latents is seen
where the model is asked, and tells where it need not be. What is kept is the velocity itself:
docs/experiments/step-caching.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .guidance import Guider


@dataclass
class _Asked:
    """The last time that the guider was asked: what it was given and what it gave, [B C T H W] each."""

    latents: torch.Tensor
    velocity: torch.Tensor


class Cached:
    """A guider that asks the one in it only where the relative change of velocity since then may exceed `tolerance`.

    tolerance: see check_tolerance; 0.05 is a fair beginning. warm_up: calls that are always passed on from where levels
    begin to fall, 2 at least. asked, calls: how often the inner guider was asked, and this one. What it remembers goes
    with a canvas of another shape and with levels that rise; for another clip make another one.
    """

    def __init__(self, guider: Guider, tolerance: float, warm_up: int = 4) -> None:
        check_tolerance(tolerance)
        if warm_up < 2:
            raise ValueError(f"warm_up must be 2 or more, got {warm_up}")
        self.guider, self.tolerance, self.warm_up = guider, tolerance, warm_up
        self.asked = self.calls = 0
        self._warm = 0  # calls passed on since the beginning of the canvas
        self._last: _Asked | None = None
        self._seen = self._seen_level = torch.empty(0)  # latents and levels of the call before this one
        self._rate = 0.0  # change of velocity for a change of latents
        self._drift = 0.0  # expected relative change of velocity since the guider was asked

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider."""
        self.calls += 1
        if self._begins_anew(latents, noise_level):
            self._last, self._rate, self._drift, self._warm = None, 0.0, 0.0, 0
        last = self._last
        if last is not None:
            changed, speed = self._rate * _norm(latents - self._seen), _norm(last.velocity)
            self._drift += changed / speed if speed else float(changed > 0)
        self._seen, self._seen_level = latents, noise_level
        if last is None or self._warm < self.warm_up or self._drift >= self.tolerance:
            return self._ask(latents, noise_level)
        return last.velocity

    def _begins_anew(self, latents: torch.Tensor, noise_level: torch.Tensor) -> bool:
        """Another canvas, or a plan that rises."""
        if latents.shape != self._seen.shape or noise_level.shape != self._seen_level.shape:
            return True
        return bool((noise_level > self._seen_level).any())

    def _ask(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        velocity = self.guider(latents, noise_level)
        if self._last is not None:
            moved = _norm(latents - self._last.latents)
            self._rate = _norm(velocity - self._last.velocity) / moved if moved else self._rate
        self._last, self._drift = _Asked(latents, velocity), 0.0
        self.asked += 1
        self._warm += 1
        return velocity


def check_tolerance(tolerance: float) -> None:
    """ValueError unless it is a relative change of velocity in 0..1; at 0 the guider is asked in all steps."""
    if not 0 <= tolerance < 1:
        raise ValueError(f"the tolerance of step caching must be at least 0 and below 1, got {tolerance}")


def _norm(values: torch.Tensor) -> float:
    return float(values.float().norm())
