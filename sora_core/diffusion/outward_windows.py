"""Windows that go outward from the known frames of a canvas: on after them, and back before them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import torch

from ..canvas.latent_canvas import LatentCanvas
from .sampler import NoiseSource, NoiseStream
from .schedule import noise_schedule
from .windows import Fill, SlidingWindow, WindowSampling, joined, known


@dataclass(frozen=True)
class OutwardWindow:
    """A sliding window that begins at the first known latent frame, goes on to the end, and then back to the start.

    new: latent frames that a window adds at most; they are divided evenly, so that none sees next to nothing new. A
    window before known frames sees `context` of them after it. Holds the whole canvas, as latents.
    """

    context: int = 3
    new: int = 4

    def __post_init__(self) -> None:
        SlidingWindow(self.context, self.new)  # checks them

    @property
    def mixes_levels(self) -> bool:
        """See Windows."""
        return False

    def latents(self, frames: Iterable[LatentCanvas], sampling: WindowSampling, seed: int) -> Iterator[torch.Tensor]:
        """See Windows."""
        parts = list(frames)
        first = next((at for at, part in enumerate(parts) if not bool(part.noise_level.any())), 0)
        made: list[torch.Tensor] = []
        ahead = replace(sampling, fill=_moved(sampling.fill, first))
        for fresh in self._forward(len(parts) - first).latents(iter(parts[first:]), ahead, seed):
            made += fresh.split(1, dim=2)
        noise, new = NoiseSource(seed ^ 1), _evenly(first, self.new)
        while first:
            piece = parts[max(0, first - new) : first]
            canvas = joined([*piece, *(known(frame) for frame in made[: self.context])])
            schedule = noise_schedule(sampling.levels, canvas.noise_level, sampling.patch)
            noises = NoiseStream(noise.draw(canvas.clean.shape, canvas.clean.device), noise)
            span = range(first - len(piece), first - len(piece) + canvas.shape.frames)
            fresh = sampling.fill(canvas, schedule, noises, span)[:, :, : len(piece)]
            made, first = [*fresh.split(1, dim=2), *made], first - len(piece)
        yield torch.cat(made, dim=2)

    def fills(self, frames: int, steps: int) -> int:
        """See Windows; of a canvas whose known frames are the context."""
        return SlidingWindow(self.context, self.new).fills(frames, steps)

    def frames_at_once(self, frames: int) -> int:
        """See Windows."""
        return min(frames, self.context + self.new)

    def _forward(self, frames: int) -> SlidingWindow:
        return SlidingWindow(self.context, _evenly(frames - self.context, self.new))


def _moved(fill: Fill, by: int) -> Fill:
    """A fill whose windows lie so many latent frames later on the canvas."""

    def fill_later(canvas: LatentCanvas, schedule: torch.Tensor, noises: NoiseStream, span: range) -> torch.Tensor:
        return fill(canvas, schedule, noises, range(span.start + by, span.stop + by))

    return fill_later


def _evenly(frames: int, most: int) -> int:
    """How many of `frames` each window adds, where none adds more than `most`."""
    windows = -(-max(1, frames) // most)
    return -(-max(1, frames) // windows)
