"""Videos of any length from a model that sees a window of frames, in flat memory: sliding and rolling windows.

Frames come in as canvases of one latent frame each and go out as latents, so that neither exists as a whole.
Sources: diffusion forcing (https://arxiv.org/abs/2407.01392), whose lightly noised context keeps errors from
growing, and rolling diffusion (https://arxiv.org/abs/2402.09470), where noise levels rise along the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import NamedTuple, Protocol

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import ONE_LATENT, PatchSize
from .sampler import NoiseSource, NoiseStream
from .schedule import noise_schedule

Fill = Callable[[LatentCanvas, torch.Tensor, NoiseStream, range], torch.Tensor]
"""(canvas, schedule, noises, span) -> latents [B C T H W]"""


@dataclass(frozen=True)
class WindowSampling:
    """How a window is sampled.

    fill: (canvas, schedule, noises, span) -> latents [B C T H W], which is `sampler.sample` with a guider bound to it.
        span: the latent frames of the whole canvas that the window has.
    levels: [steps+1], from 1 to 0. patch: of the model, as `fill` takes it.
    """

    fill: Fill
    levels: torch.Tensor
    patch: PatchSize = ONE_LATENT


class Windows(Protocol):
    """A way to sample a long canvas window by window."""

    @property
    def mixes_levels(self) -> bool:
        """Whether a window has several levels above 0, which needs a model that takes a timestep per token."""
        ...

    def latents(self, frames: Iterable[LatentCanvas], sampling: WindowSampling, seed: int) -> Iterator[torch.Tensor]:
        """Yield latents [B C t H W], which together are as long as `frames`, canvases of [B C 1 H W] each."""
        ...

    def fills(self, frames: int, steps: int) -> int:
        """How often `latents` calls the sampling's fill, for this many latent frames and steps."""
        ...

    def frames_at_once(self, frames: int) -> int:
        """The most latent frames that the model sees at once, of a canvas of `frames`."""
        ...


@dataclass(frozen=True)
class SlidingWindow:
    """A sliding window: each window continues from the last `context` latent frames of the one before.

    new: latent frames that a window adds; the first window adds context + new.
    context_level: noise level at which a window sees its context; the frames that are returned stay clean.
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
        """See Windows. A single window equals `sample` with its canvas, schedule and seed."""
        noise, source = NoiseSource(seed), iter(frames)
        made: list[torch.Tensor] = []  # the last finished frames, [B C 1 H W] each
        done = 0
        while piece := list(islice(source, self.new if made else self.context + self.new)):
            shown = [known(frame) for frame in made]
            canvas = joined([*shown, *piece])
            schedule = noise_schedule(sampling.levels, canvas.noise_level, sampling.patch)
            schedule = _with_context_level(schedule, len(shown), canvas.clean.shape[2], self.context_level)
            noises = NoiseStream(noise.draw(canvas.clean.shape, canvas.clean.device), noise)
            span = range(done - len(shown), done + len(piece))
            fresh, done = sampling.fill(canvas, schedule, noises, span)[:, :, len(shown) :], span.stop
            yield fresh
            made = [*made, *fresh.split(1, dim=2)][len(made) + fresh.shape[2] - self.context :]

    def spans(self, frames: int) -> list[range]:
        """Return the latent frames of each window, with its context."""
        starts = range(0, self.new * self.fills(frames, 1), self.new)
        return [range(start, min(frames, start + self.context + self.new)) for start in starts]

    def fills(self, frames: int, steps: int) -> int:
        """See Windows."""
        return 1 + max(0, -(-(frames - self.context - self.new) // self.new))

    def frames_at_once(self, frames: int) -> int:
        """See Windows."""
        return min(frames, self.context + self.new)


class _Active(NamedTuple):
    """A frame in the window. turn: how many turns it has had; noise: [B C 1 H W], so that level * noise is its state,
    except before the first turn. at: its place on the whole canvas."""

    canvas: LatentCanvas
    noise: torch.Tensor
    turn: int
    at: int


@dataclass(frozen=True)
class RollingWindow:
    """A rolling window: it moves on by one latent frame at a time, and levels rise along it from nearly 0 to 1.

    active: latent frames that are sampled at once, each a share of the steps behind the one before it.
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
        places = count()
        while True:
            window += [
                _Active(frame, noise.draw(frame.clean.shape, frame.clean.device), 0, next(places))
                for frame in islice(source, 1)
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
        """Take some steps with every frame of the window."""
        per_turn = self._per_turn(len(sampling.levels) - 1)
        rows = torch.stack(
            [_rows(sampling.levels, frame.turn * per_turn, per_turn) for frame in window], dim=1
        )  # [per_turn+1 T]
        levels = torch.nn.functional.pad(rows, (len(made), 0))
        canvas = joined([*(known(frame) for frame in made), *(frame.canvas for frame in window)])
        schedule = noise_schedule(levels, canvas.noise_level, sampling.patch)
        schedule = _with_context_level(schedule, len(made), canvas.clean.shape[2], self.context_level)
        hidden = [self._context_noise(frame, source) for frame in made]
        noise = torch.cat([*hidden, *(frame.noise for frame in window)], dim=2)
        span = range(window[0].at - len(made), window[-1].at + 1)
        result = sampling.fill(canvas, schedule, NoiseStream(noise, source), span)
        reached = schedule[-1].expand(canvas.noise_level.shape)
        return [
            _moved_on(frame, result[:, :, at : at + 1], reached[:, :, at : at + 1])
            for at, frame in enumerate(window, start=len(made))
        ]

    def _context_noise(self, frame: torch.Tensor, source: NoiseSource) -> torch.Tensor:
        """Noise for a finished frame [B C 1 H W] that is context; nothing is drawn where context stays clean."""
        return source.draw(frame.shape, frame.device) if self.context_level else torch.zeros_like(frame)


def single_frames(canvas: LatentCanvas) -> Iterator[LatentCanvas]:
    """Split a canvas into one for each latent frame."""
    for clean, level in zip(canvas.clean.split(1, dim=2), canvas.noise_level.split(1, dim=2), strict=True):
        yield LatentCanvas(clean, level)


def _check_window(context: int, new: int, context_level: float) -> None:
    if context < 1 or new < 1:
        raise ValueError(f"got a window of {context} known latent frames and {new} others, expected 1 or more of each")
    if not 0 <= context_level < 1:
        raise ValueError(f"got a context_level of {context_level}, expected 0 or more and below 1")


def known(latents: torch.Tensor) -> LatentCanvas:
    """Build a canvas of latents that are kept."""
    return LatentCanvas(latents, torch.zeros_like(latents[:, :1]))


def joined(parts: list[LatentCanvas]) -> LatentCanvas:
    """Concatenate canvases in time."""
    clean = torch.cat([part.clean.float() for part in parts], dim=2)
    return LatentCanvas(clean, torch.cat([part.noise_level.float() for part in parts], dim=2))


def _with_context_level(schedule: torch.Tensor, context: int, frames: int, level: float) -> torch.Tensor:
    """Keep the first `context` latent frames of a schedule from falling below a level."""
    if not context or not level:
        return schedule
    least = torch.zeros(frames)
    least[:context] = level
    return torch.maximum(schedule, least.to(schedule).view(1, 1, 1, -1, 1, 1))


def _rows(levels: torch.Tensor, start: int, count: int) -> torch.Tensor:
    """[count+1] of the levels from step `start` on; after the last one it repeats."""
    return levels[torch.arange(start, start + count + 1).clamp(max=len(levels) - 1)]


def _moved_on(frame: _Active, latents: torch.Tensor, level: torch.Tensor) -> _Active:
    """The frame after a turn. Noised latents are kept as noise alone: with a canvas of 0 that is the same state."""
    is_noised = level > 0
    noise = torch.where(is_noised, latents / level.clamp(min=torch.finfo(level.dtype).tiny), torch.zeros_like(latents))
    clean = torch.where(is_noised, torch.zeros_like(latents), latents)
    return _Active(LatentCanvas(clean, frame.canvas.noise_level), noise, frame.turn + 1, frame.at)
