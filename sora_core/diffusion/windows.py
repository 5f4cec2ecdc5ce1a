"""Videos of any length from a model that sees a window of frames: both ways walk the one sampler, in flat memory.

Frames come as canvases of one latent frame each and leave as latents, so that neither end need exist as a whole.
Sources: diffusion forcing (https://arxiv.org/abs/2407.01392), whose lightly noised context keeps errors from
growing, and rolling diffusion (https://arxiv.org/abs/2402.09470), in which levels rise along the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import ONE_LATENT, PatchSize
from .sampler import NoiseSource, NoiseStream
from .schedule import noise_schedule


@dataclass(frozen=True)
class WindowSampling:
    """How a window is sampled.

    fill: (canvas, plan, noises) -> latents [B C T H W], which is `sampler.sample` with a guider bound to it.
    levels: [steps+1], from 1 to 0. patch: of the model, as `fill` takes it.
    """

    fill: Callable[[LatentCanvas, torch.Tensor, NoiseStream], torch.Tensor]
    levels: torch.Tensor
    patch: PatchSize = ONE_LATENT


class Windows(Protocol):
    """A way through a long canvas."""

    @property
    def mixes_levels(self) -> bool:
        """Whether a window has places at several levels above 0, for which a model must take a level per patch."""
        ...

    def latents(self, frames: Iterable[LatentCanvas], sampling: WindowSampling, seed: int) -> Iterator[torch.Tensor]:
        """Yield latents [B C t H W], which together are as long as `frames`, canvases of [B C 1 H W] each."""
        ...

    def fills(self, frames: int, steps: int) -> int:
        """How often `latents` calls the sampling's fill for so many latent frames and steps."""
        ...

    def frames_at_once(self, frames: int) -> int:
        """The most latent frames that the model sees at once, of a canvas of so many."""
        ...


@dataclass(frozen=True)
class SlidingWindow:
    """Windows one after the other: each goes on from the last `context` latent frames of the one before.

    new: latent frames that a window adds; the first makes context + new.
    context_level: noise level at which a window sees its context; what is returned is without it.
    """

    context: int = 3
    new: int = 4
    context_level: float = 0.0

    def __post_init__(self) -> None:
        _check_window(self.context, self.new, self.context_level)

    @property
    def mixes_levels(self) -> bool:
        """See Windows."""
        return self.context_level > 0

    def latents(self, frames: Iterable[LatentCanvas], sampling: WindowSampling, seed: int) -> Iterator[torch.Tensor]:
        """See Windows. One window is just what `sample` gives for its canvas, plan and seed."""
        noise, source = NoiseSource(seed), iter(frames)
        made: list[torch.Tensor] = []  # the last finished frames, [B C 1 H W] each
        while piece := list(islice(source, self.new if made else self.context + self.new)):
            shown = [_known(frame) for frame in made]
            canvas = _joined([*shown, *piece])
            plan = noise_schedule(sampling.levels, canvas.noise_level, sampling.patch)
            plan = _with_context_level(plan, len(shown), canvas.clean.shape[2], self.context_level)
            noises = NoiseStream(noise.draw(canvas.clean.shape, canvas.clean.device), noise)
            fresh = sampling.fill(canvas, plan, noises)[:, :, len(shown) :]
            yield fresh
            made = [*made, *fresh.split(1, dim=2)][len(made) + fresh.shape[2] - self.context :]

    def fills(self, frames: int, steps: int) -> int:
        """See Windows."""
        return 1 + max(0, -(-(frames - self.context - self.new) // self.new))

    def frames_at_once(self, frames: int) -> int:
        """See Windows."""
        return min(frames, self.context + self.new)


class _Active(NamedTuple):
    """A frame that is being made. turn: how many turns it has seen; noise: [B C 1 H W], so that level * noise is its
    state, except at the very beginning."""

    canvas: LatentCanvas
    noise: torch.Tensor
    turn: int


@dataclass(frozen=True)
class RollingWindow:
    """One window that moves on by a latent frame at a time; within it the levels rise from nearly done to pure noise.

    active: latent frames that are worked on at once, each a share of the steps behind the one before it.
    context, context_level: as in SlidingWindow.
    """

    context: int = 3
    active: int = 5
    context_level: float = 0.0

    def __post_init__(self) -> None:
        _check_window(self.context, self.active, self.context_level)

    @property
    def mixes_levels(self) -> bool:
        """See Windows."""
        return True

    def latents(self, frames: Iterable[LatentCanvas], sampling: WindowSampling, seed: int) -> Iterator[torch.Tensor]:
        """See Windows."""
        noise, source = NoiseSource(seed), iter(frames)
        steps = len(sampling.levels) - 1
        per_turn = self._per_turn(steps)
        made: list[torch.Tensor] = []
        window: list[_Active] = []
        while True:
            window += [
                _Active(frame, noise.draw(frame.clean.shape, frame.clean.device), 0) for frame in islice(source, 1)
            ]
            if not window:
                return
            window = self._turn(window, made, sampling, noise)
            while window and window[0].turn * per_turn >= steps:
                fresh = window.pop(0).canvas.clean
                yield fresh
                made = [*made, fresh][len(made) + 1 - self.context :]

    def fills(self, frames: int, steps: int) -> int:
        """See Windows."""
        return frames - 1 + -(-steps // self._per_turn(steps))

    def frames_at_once(self, frames: int) -> int:
        """See Windows."""
        return min(frames, self.context + self.active)

    def _per_turn(self, steps: int) -> int:
        return -(-steps // self.active)

    def _turn(
        self, window: list[_Active], made: list[torch.Tensor], sampling: WindowSampling, source: NoiseSource
    ) -> list[_Active]:
        """Some steps for every frame of the window."""
        per_turn = self._per_turn(len(sampling.levels) - 1)
        rows = torch.stack(
            [_rows(sampling.levels, frame.turn * per_turn, per_turn) for frame in window], dim=1
        )  # [per_turn+1 T]
        levels = torch.nn.functional.pad(rows, (len(made), 0))
        canvas = _joined([*(_known(frame) for frame in made), *(frame.canvas for frame in window)])
        plan = noise_schedule(levels, canvas.noise_level, sampling.patch)
        plan = _with_context_level(plan, len(made), canvas.clean.shape[2], self.context_level)
        hidden = [self._context_noise(frame, source) for frame in made]
        noise = torch.cat([*hidden, *(frame.noise for frame in window)], dim=2)
        result = sampling.fill(canvas, plan, NoiseStream(noise, source))
        reached = plan[-1].expand(canvas.noise_level.shape)
        return [
            _moved_on(frame, result[:, :, at : at + 1], reached[:, :, at : at + 1])
            for at, frame in enumerate(window, start=len(made))
        ]

    def _context_noise(self, frame: torch.Tensor, source: NoiseSource) -> torch.Tensor:
        """What a finished frame [B C 1 H W] is shown under; nothing is drawn where it is shown clean."""
        return source.draw(frame.shape, frame.device) if self.context_level else torch.zeros_like(frame)


def single_frames(canvas: LatentCanvas) -> Iterator[LatentCanvas]:
    """A canvas as one canvas for each latent frame."""
    for clean, level in zip(canvas.clean.split(1, dim=2), canvas.noise_level.split(1, dim=2), strict=True):
        yield LatentCanvas(clean, level)


def _check_window(context: int, new: int, context_level: float) -> None:
    if context < 1 or new < 1:
        raise ValueError(f"got a window of {context} known latent frames and {new} others, expected 1 or more of each")
    if not 0 <= context_level < 1:
        raise ValueError(f"got a context_level of {context_level}, expected 0 or more and below 1")


def _known(latents: torch.Tensor) -> LatentCanvas:
    return LatentCanvas(latents, torch.zeros_like(latents[:, :1]))


def _joined(parts: list[LatentCanvas]) -> LatentCanvas:
    """Canvases one after the other in time."""
    clean = torch.cat([part.clean.float() for part in parts], dim=2)
    return LatentCanvas(clean, torch.cat([part.noise_level.float() for part in parts], dim=2))


def _with_context_level(plan: torch.Tensor, context: int, frames: int, level: float) -> torch.Tensor:
    """A plan whose first `context` latent frames never fall below a level."""
    if not context or not level:
        return plan
    least = torch.zeros(frames)
    least[:context] = level
    return torch.maximum(plan, least.to(plan).view(1, 1, 1, -1, 1, 1))


def _rows(levels: torch.Tensor, start: int, count: int) -> torch.Tensor:
    """[count+1] of the levels from step `start` on; the last one goes on for ever."""
    return levels[torch.arange(start, start + count + 1).clamp(max=len(levels) - 1)]


def _moved_on(frame: _Active, latents: torch.Tensor, level: torch.Tensor) -> _Active:
    """A frame after a turn. What is still noised is kept as noise alone: a canvas of 0 with it is the same state."""
    is_noised = level > 0
    noise = torch.where(is_noised, latents / level.clamp(min=torch.finfo(level.dtype).tiny), torch.zeros_like(latents))
    clean = torch.where(is_noised, torch.zeros_like(latents), latents)
    return _Active(LatentCanvas(clean, frame.canvas.noise_level), noise, frame.turn + 1)
