"""Step caching: reuses the last velocity in steps where it would hardly change.

The measure is that of EasyCache (https://arxiv.org/abs/2507.02860): model calls show how fast velocities change with
latents, which tells where the next call can be skipped. Unlike there, the velocity itself is reused:
docs/experiments/step-caching.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .guidance import Guider


@dataclass
class _Asked:
    """The last call of the inner guider: its input and its output, [B C T H W] each."""

    latents: torch.Tensor
    velocity: torch.Tensor


class StepCache:
    """A guider that calls the inner one only where the velocity may have changed by more than `tolerance`, relatively.

    tolerance: see check_tolerance; 0.05 is a cautious start. warm_up: how many calls at the start of a descent are
    always passed on, 2 or more. asked, calls: how often the inner guider and this one were called. Latents of another
    shape and levels that rise clear its memory; use a new one for each clip.
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
        """Whether this is another canvas, or the schedule has risen."""
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
    """ValueError unless tolerance is a relative change of velocity in 0..1; at 0 no step is skipped."""
    if not 0 <= tolerance < 1:
        raise ValueError(f"the tolerance of step caching must be at least 0 and below 1, got {tolerance}")


def _norm(values: torch.Tensor) -> float:
    return float(values.float().norm())
