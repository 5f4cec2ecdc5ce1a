"""SoundGrid: latents of the sound that a model makes together with its frames, and all conversion of them to time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .time_grid import TimeGrid

CLOSE = 1e-6  # of a latent: times that are closer than this are the same


@dataclass(frozen=True)
class SoundGrid:
    """Latents of sound along time.

    channels, rows: C and R of a latent, such as 8 channels of 16 mel bands (LTX-2) or 32 of 2 stereo channels
        (MiniMax-H3).
    time_last: whether latents are [B C R L], else [B C L R].
    rate: latents per second.
    lead: latents by which each begins before its number says. A causal encoder whose first latent is shorter than the
        others has a lead: that of LTX-2 covers 1, 4, 4, ... mel frames, which is a lead of 3/4.
    fps: frames per second that the model's own time axis is bound to; None takes any.

    Raises ValueError for sizes that are not positive.
    """

    channels: int
    rows: int
    time_last: bool
    rate: float
    lead: float = 0.0
    fps: float | None = None

    def __post_init__(self) -> None:
        if min(self.channels, self.rows) < 1 or not (self.rate > 0 and math.isfinite(self.rate)):
            raise ValueError(f"a grid of sound needs sizes >= 1 and a rate > 0, got {self}")
        if not 0 <= self.lead < 1:
            raise ValueError(f"the lead of a grid of sound must be within 0..1 and below 1, got {self.lead}")

    def length(self, seconds: float) -> int:
        """Return the number of latents of a clip that lasts `seconds`; at least one."""
        return max(1, round(seconds * self.rate))

    def shape(self, batch: int, length: int) -> tuple[int, int, int, int]:
        """Return the shape of `length` latents."""
        rest = (self.rows, length) if self.time_last else (length, self.rows)
        return (batch, self.channels, *rest)

    @property
    def axis(self) -> int:
        """The axis of time in latents."""
        return 3 if self.time_last else 2

    def fits(self, latents: torch.Tensor) -> bool:
        """Whether latents have this grid's shape, at any length."""
        return latents.ndim == 4 and tuple(latents.shape) == self.shape(latents.shape[0], latents.shape[self.axis])

    def start(self, latent: int) -> float:
        """Return the second at which a latent begins."""
        return max(0.0, latent - self.lead) / self.rate

    def inside(self, begin: float, end: float) -> range:
        """Return the latents that lie wholly between two seconds; empty if none does."""
        first = 0 if begin * self.rate <= CLOSE else math.ceil(begin * self.rate + self.lead - CLOSE)
        stop = math.floor(end * self.rate + self.lead + CLOSE)
        return range(first, max(first, stop))

    def along_time(self, values: torch.Tensor) -> torch.Tensor:
        """Spread values [B L] over the latents of their time: [B 1 L R], or [B 1 R L] where time is last."""
        rows = values[:, None, :, None].expand(-1, -1, -1, self.rows)
        return rows.transpose(2, 3) if self.time_last else rows

    def levels(self, picture: torch.Tensor, spans: Sequence[tuple[float, float]], length: int) -> torch.Tensor:
        """Return the noise levels of sound that is invented where the whole picture is: [B L] of [B 1 T H W].

        spans: seconds at which each latent frame of the picture begins and ends.

        A latent frame of which a part is kept keeps its sound. Sound that belongs to several frames takes the highest
        of their levels, so that no part of what is invented is kept.
        """
        frames = picture.shape[2]
        if len(spans) != frames:
            raise ValueError(f"got {len(spans)} spans for {frames} latent frames, expected as many")
        of_frame = picture.flatten(3).amin(dim=3)[:, 0]  # [B T]
        close = CLOSE / self.rate
        made = []
        for latent in range(length):
            begin, end = self.start(latent), self.start(latent + 1)
            met = [t for t, (first, last) in enumerate(spans) if first < end - close and last > begin + close]
            made.append(of_frame[:, met or [frames - 1]].amax(dim=1))  # rounding may leave one after the last frame
        return torch.stack(made, dim=1)


@dataclass(frozen=True)
class SoundCuts:
    """Which latents of sound belong to a window of latent frames of its picture.

    A window is a clip of its own to the model, whose first latent frame holds one pixel frame. Its sound begins where
    the clip has the moment at which that clip begins, and ends with the last latent frame.

    grid: of the sound. time: of the picture. frames: latent frames of the whole clip. length: latents of its sound.
    """

    grid: SoundGrid
    time: TimeGrid
    frames: int
    length: int

    def of(self, window: range) -> slice:
        """Return the latents of sound of the latent frames in `window`; times between two of them are rounded."""
        before = self.time.span(window.start + 1).start - self.time.span(1).start if window.start else 0
        stop = self.length if window.stop >= self.frames else self._at(self.time.span(window.stop - 1).stop)
        return slice(self._at(before), max(stop, self._at(before) + 1))

    def _at(self, frame: int) -> int:
        """The latent of sound that begins nearest to a pixel frame."""
        return round(frame * self.length / self.time.span(self.frames - 1).stop)
