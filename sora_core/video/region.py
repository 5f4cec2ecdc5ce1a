"""Region: where a made clip is shown in its source, by masks that are spread over the source's duration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import torch

from .geometry import enlarged, keeps_edges, of_picture, stretched
from .source_clip import SourceClip


def region_of(region: torch.Tensor, source_clip: SourceClip, height: int, width: int) -> torch.Tensor:
    """Scale a MASK [M h' w'] in 0..1 as the clip is scaled to this size: [M height width].

    Raises ValueError for a mask of another aspect ratio.
    """
    return stretched(checked_region(region, source_clip)[:, None].float().clamp(0, 1), height, width)[:, 0]


def checked_region(region: torch.Tensor, source_clip: SourceClip) -> torch.Tensor:
    """Return a MASK [H W] or [M H W] as [M H W]. Raises ValueError as region_of does."""
    if region.ndim == 2:
        region = region[None]
    if region.ndim != 3 or 0 in region.shape:
        raise ValueError(f"got a region of shape {tuple(region.shape)}, expected a MASK [F H W] that is not empty")
    own_height, own_width = source_clip.frames.shape[1:3]
    if not keeps_edges(region.shape[2] / region.shape[1], own_height, own_width):
        raise ValueError(
            f"got a region of {region.shape[2]}x{region.shape[1]} for a video of {own_width}x{own_height}, expected "
            f"the same aspect ratio: make a mask of {own_width}x{own_height}"
        )
    return region


def spread(count: int, frames: int) -> torch.Tensor:
    """Return the index of the mask for each frame, with `count` masks spread evenly: [frames]."""
    return torch.arange(frames) * count // frames


@dataclass(frozen=True)
class Region:
    """masks: [M h w], above 0 where the made clip is shown. feather: pixels inside its edge in which it appears.

    Raises ValueError for masks of another aspect ratio than the source's, and for those that are 0 everywhere.
    """

    source: SourceClip
    masks: torch.Tensor
    feather: int = 0

    def __post_init__(self) -> None:
        checked_region(self.masks, self.source)
        if not self.shown(range(len(self.source.frames))):
            raise ValueError("got a region that is 0 everywhere, expected values above 0 where the made video is shown")

    @classmethod
    def everywhere(cls, source: SourceClip) -> Region:
        """All of every frame."""
        return cls(source, torch.ones(source.frames.shape[1:3])[None])

    @property
    def size(self) -> torch.Size:
        """Of the film's frames, [H W 3]: the source's."""
        return torch.Size(self.source.frames.shape[1:])

    def shown(self, during: range) -> list[int]:
        """Return those of the source's frames in which anything of the made clip is shown."""
        return [frame for frame in during if self._filled[self._placed[frame]]]

    def pasted(self, pictures: Iterable[tuple[torch.Tensor, torch.Tensor | None]]) -> Iterator[torch.Tensor]:
        """Yield the frames [H W 3] of the film, from those of source and made clip [h w 3]; None shows the source."""
        height, width, _ = self.size
        before, share = None, torch.empty(0)
        for index, (source, made) in zip(self._placed, pictures, strict=True):
            if made is None:
                yield source
                continue
            if before is None or not torch.equal(self.masks[index], self.masks[before]):
                before, share = index, self._share(index)
            grown = of_picture(enlarged, made, height, width)
            yield torch.lerp(source, grown.to(source), share)

    def known(self, frame: int, source: torch.Tensor, made: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the pixels [N 1 3] of a frame that made clip and source both show, at the made clip's size."""
        height, width, _ = made.shape
        inside = self._inside(self._placed[frame], height, width)
        small = of_picture(stretched, source, height, width)
        return made[~inside][:, None], small[~inside][:, None]

    @cached_property
    def _placed(self) -> list[int]:
        """The mask of each of the source's frames."""
        placed: list[int] = spread(len(self.masks), len(self.source.frames)).tolist()
        return placed

    @cached_property
    def _filled(self) -> dict[int, bool]:
        """Whether masks are above 0 anywhere; a long film has many, and they are looked at once."""
        return {mask: bool((self.masks[mask] > 0).any()) for mask in set(self._placed)}

    def _inside(self, index: int, height: int, width: int) -> torch.Tensor:
        """Where a mask is above 0 at this size: [H W]."""
        return region_of(self.masks[index], self.source, height, width)[0] > 0

    def _share(self, index: int) -> torch.Tensor:
        """Share of the made clip [H W 1]: 0 outside, and growing from the edge inward."""
        inside = self._inside(index, *self.size[:2])
        total = eroded = inside.float()[None, None]
        for _ in range(self.feather):
            eroded = -torch.nn.functional.max_pool2d(-eroded, 3, stride=1, padding=1)  # beyond the picture is no edge
            total = total + eroded
        return total[0, 0, ..., None] / (self.feather + 1)
