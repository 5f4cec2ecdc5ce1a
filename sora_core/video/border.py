"""Border: a made clip's border around its source, which stands unscaled in the larger picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from .geometry import enlarged, of_picture, stretched
from .source_clip import SourceClip


@dataclass(frozen=True)
class Border:
    """place: rows (axis 0) or columns (axis 1) of the made clip that show the source; it fills the other axis.

    made: height and width of the made clip. feather: pixels outside the source in which the border appears.
    """

    source: SourceClip
    made: tuple[int, int]
    axis: int
    place: range
    feather: int = 0

    @classmethod
    def of(cls, source: SourceClip, made: tuple[int, int], drawn: torch.Tensor, feather: int = 0) -> Border:
        """Read it off a MASK [1 h w] of the canvas: 0 where the source is. Raises ValueError for any other form.

        made: height and width of the made clip, which may have been scaled since.
        """
        hole = drawn[0] == 0 if drawn.ndim == 3 and len(drawn) == 1 else torch.zeros(1, 1, dtype=torch.bool)
        rows, columns = hole.any(dim=1).nonzero().flatten().tolist(), hole.any(dim=0).nonzero().flatten().tolist()
        whole = len(rows) == hole.shape[0], len(columns) == hole.shape[1]
        band = rows if whole[1] else columns
        if whole[0] == whole[1] or int(hole.sum()) != len(rows) * len(columns) or band[-1] - band[0] >= len(band):
            raise ValueError(
                f"got a border of shape {tuple(drawn.shape)} that is not one on two sides, expected the border of Sora "
                "Outpaint Video"
            )
        axis = 0 if whole[1] else 1
        scale = made[axis] / hole.shape[axis]
        return cls(source, made, axis, range(round(band[0] * scale), round((band[-1] + 1) * scale)), feather)

    @property
    def size(self) -> torch.Size:
        """Of the film's frames, [H W 3]: the source's along one axis, and as long as the made clip's form asks."""
        sides = list(self.source.frames.shape[1:3])
        sides[self.axis] += sum(self._added())
        return torch.Size((*sides, 3))

    def shown(self, during: range) -> list[int]:
        """Return the frames of the source around which the border is shown: all, with its ends held."""
        return [*range(len(self.source.frames))]

    def pasted(self, pictures: Iterable[tuple[torch.Tensor, torch.Tensor | None]]) -> Iterator[torch.Tensor]:
        """Yield the frames [H W 3] of the film, from those of source and made clip [h w 3]."""
        before, after = self._added()
        for source, made in pictures:
            assert made is not None
            head = made.narrow(self.axis, 0, self.place.start)
            tail = made.narrow(self.axis, self.place.stop, self.made[self.axis] - self.place.stop)
            parts = [source]
            if before:
                edge = source.narrow(self.axis, 0, 1)
                parts.insert(0, self._strip(head, edge, before, from_end=True))
            if after:
                edge = source.narrow(self.axis, source.shape[self.axis] - 1, 1)
                parts.append(self._strip(tail, edge, after, from_end=False))
            yield torch.cat(parts, dim=self.axis)

    def known(self, frame: int, source: torch.Tensor, made: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the pixels [N 1 3] of a frame that made clip and source both show, at the made clip's size."""
        shown = made.narrow(self.axis, self.place.start, len(self.place))
        small = of_picture(stretched, source, *shown.shape[:2])
        return shown.flatten(0, 1)[:, None], small.flatten(0, 1)[:, None]

    def _added(self) -> tuple[int, int]:
        """Pixels before and after the source: even for even sources, so that a file takes them."""
        sides = self.source.frames.shape[1:3]
        across, own = sides[1 - self.axis], sides[self.axis]
        room = max(2, round((across * self.made[self.axis] / self.made[1 - self.axis] - own) / 2) * 2)
        before = round(room * self.place.start / (self.made[self.axis] - len(self.place)))
        return before, room - before

    def _strip(self, made: torch.Tensor, edge: torch.Tensor, length: int, *, from_end: bool) -> torch.Tensor:
        """A part of the border [H W 3] at the film's size, which goes over from the source's edge."""
        size = (length, edge.shape[1]) if self.axis == 0 else (edge.shape[0], length)
        strip = of_picture(enlarged, made, *size).to(edge)
        share = ((torch.arange(length) + 1) / (self.feather + 1)).clamp(max=1)
        share = (share.flip(0) if from_end else share).view((-1, 1, 1) if self.axis == 0 else (1, -1, 1))
        return torch.lerp(edge.expand_as(strip), strip, share.to(strip))
