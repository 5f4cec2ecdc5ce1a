"""Measures the joins of a video while it is decoded: how much colour, values and motion jump there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import interpolate

from ...sora_core.video.colours import bytes_of
from ..io.joins import Joins

if TYPE_CHECKING:
    from ...sora_core.evals.steps import Ratios

REACH = 8  # repetitions of the VAE's grid before and after a join that it is compared with
SIDE = 64  # pixels of the shorter side of the frames that are measured
MOST = 100  # joins that are measured
DIGITS = 2


@dataclass(frozen=True, eq=False)
class JoinMeter:
    """Keeps small frames around joins. loop: frames in one pass, and that of the canvas that it begins with, or zeros.

    The ratios are those of sora_core/evals/steps.py: 1 is a join that cannot be told from the rest.
    """

    joins: Joins
    loop: tuple[int, int] = (0, 0)
    kept: dict[int, torch.Tensor] = field(default_factory=dict)

    def watched(self, frames: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
        """Yield frames [H W 3] in 0..1 as they come, and keep those around joins."""
        near = set().union(*map(self._around, self._places()))
        for place, frame in enumerate(frames):
            if place in near:
                self.kept[place] = _small(frame)
            yield frame

    def measures(self) -> list[dict[str, Any]]:
        """Each join as {frame, colour, flicker, motion}; without what cannot be measured, as where nothing moves."""
        from ...sora_core.evals.steps import ratios_at  # a world of scenes comes with it

        made, places = [], self._places()
        for place, join in places.items():
            there = [frame for frame in self._around(place) if frame in self.kept]
            if len(there) > 2 and there[0] < place <= there[-1]:
                clip = torch.stack([self.kept[frame] for frame in there])
                others = [other - there[0] for other in places if other != place]
                made.append(_told(join, ratios_at(clip[None], [place - there[0]], self.joins.time, others)))
        return sorted(made, key=lambda one: one["frame"])

    def _places(self) -> dict[int, int]:
        """Frames of the video that follow joins, and the frames of the canvas that they are."""
        turn, begin = self.loop
        return {(join - begin) % turn if turn else join: join for join in self.joins.frames[:MOST]}

    def _around(self, place: int) -> range:
        """The frames that a join is compared with."""
        reach = REACH * self.joins.time
        return range(max(0, place - reach), place + reach)


def _small(frame: torch.Tensor) -> torch.Tensor:
    """A frame [H W 3] as bytes, no larger than its measures need."""
    share = SIDE / min(frame.shape[:2])
    if share < 1:
        size = [max(1, round(share * pixels)) for pixels in frame.shape[:2]]
        frame = interpolate(frame.movedim(-1, 0)[None].float(), size, mode="area")[0].movedim(0, -1)
    return bytes_of(frame).cpu()


def _told(join: int, ratios: Ratios) -> dict[str, Any]:
    """A join with its ratios that are numbers."""
    values = {name: ratio.value for name, ratio in ratios._asdict().items()}
    return {"frame": join, **{name: round(value, DIGITS) for name, value in values.items() if math.isfinite(value)}}
