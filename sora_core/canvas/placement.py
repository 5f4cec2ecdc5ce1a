"""Placement: encodes a clip in mid-canvas, by padding its pixels to the canvas.

Each latent frame holds the pixel frames that the VAE's grid says, and depends on its past too. So a clip gets a
plausible past (its first frame repeated) and border (its edges repeated), and only latents whose pixels all belong to
the clip count as known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch.nn.functional import pad

from .shapes import Compression


@dataclass(frozen=True)
class Placement:
    """Position of a clip of `length` pixel frames on a canvas of `frames`, from pixel frame `first` on.

    Raises ValueError if the clip is not within the canvas, or the VAE does not take that many frames.
    """

    first: int
    length: int
    frames: int
    compression: Compression

    def __post_init__(self) -> None:
        self.compression.latent_frames(self.frames)
        if self.first < 0 or self.length < 1 or self.first + self.length > self.frames:
            raise ValueError(
                f"got frames {self.first}..{self.first + self.length - 1}, expected them within 0..{self.frames - 1}"
            )

    @property
    def known(self) -> range:
        """Latent frames whose pixels all belong to the clip; empty if the clip is too short for any."""
        return self.compression.time_grid.spans_within(self.first, self.first + self.length)

    def fill(self, clip: torch.Tensor) -> torch.Tensor:
        """Pad the clip [B 3 length H W] to the canvas [B 3 frames H W] by repeating its first and last frame."""
        if clip.ndim != 5 or clip.shape[2] != self.length:
            raise ValueError(f"got a clip of shape {tuple(clip.shape)}, expected [B 3 {self.length} H W]")
        return held(clip, self.first, self.after)

    @property
    def after(self) -> int:
        """Pixel frames of the canvas after the clip."""
        return self.frames - self.first - self.length


def held(clip: torch.Tensor, before: int, after: int) -> torch.Tensor:
    """Repeat the first frame of a clip [B C F H W] before it, and its last one after it."""
    parts = [clip[:, :, :1].expand(-1, -1, before, -1, -1), clip, clip[:, :, -1:].expand(-1, -1, after, -1, -1)]
    return torch.cat(parts, dim=2)


def holds(spans: Sequence[range], frames: int) -> list[tuple[int, int]]:
    """Return how often clips at these frames of a canvas show their first frame before them, and their last after.

    They then fill the canvas: each half of what lies between two shows one of them. Raises ValueError where they
    overlap or go beyond the canvas.
    """
    gaps = [after.start - before.stop for before, after in pairwise([range(0), *spans, range(frames, frames)])]
    if min(gaps) < 0:
        raise ValueError(f"got clips at frames {[*spans]} of a canvas of {frames}, expected them one after the other")
    before = [gaps[0], *(gap - gap // 2 for gap in gaps[1:-1])]
    return list(zip(before, [*(gap // 2 for gap in gaps[1:-1]), gaps[-1]], strict=True))


def room_before(frames: int, compression: Compression) -> int:
    """Return how many pixel frames to leave before a clip, at least `frames`, so that it starts a latent frame."""
    if frames < 1:
        raise ValueError(f"got {frames} frames before the clip, expected at least 1")
    return compression.time_grid.start_from(frames)


def nearest_start(frame: float, frames: int, compression: Compression) -> int:
    """Return the first pixel frame of a latent frame nearest to `frame`, on a canvas of `frames`; halves round up."""
    return compression.time_grid.nearest_start(frame, compression.latent_frames(frames))


def in_whole_latents(clip: torch.Tensor, first: int, compression: Compression) -> torch.Tensor:
    """Cut a clip [B 3 F H W] that starts a latent frame at pixel frame `first` after its last whole latent frame.

    A clip too short for any repeats its last frame.
    """
    grid = compression.time_grid
    least = grid.least_from(first)
    held = torch.cat([clip, clip[:, :, -1:].expand(-1, -1, max(0, least - clip.shape[2]), -1, -1)], dim=2)
    known = grid.spans_within(first, first + held.shape[2])
    return held[:, :, : grid.span(known.stop - 1).stop - first]


def ending_near(
    clip: torch.Tensor, stop: float, frames: int, compression: Compression
) -> tuple[torch.Tensor, int, int]:
    """Cut a clip [B 3 F H W] so that it ends a latent frame, the one whose end is nearest to `stop`, and begins one.

    Returns it, the pixel frame at which it begins on a canvas of `frames`, and how many frames are cut off its
    beginning; below 0, how often the first frame of a clip too short for a latent frame is repeated before it. Raises
    ValueError where it would begin before the canvas.
    """
    grid = compression.time_grid
    spans = [grid.span(latent) for latent in range(grid.latents_of(frames))]
    last = min(reversed(spans), key=lambda span: abs(span.stop - stop))
    begins = last.stop - clip.shape[2]
    if begins < 0:
        raise ValueError(
            f"got a clip of {clip.shape[2]} frames to end after {last.stop} frames of the canvas, expected at most as "
            "many: trim it"
        )
    first = min(grid.start_from(begins), last.start)
    skipped = first - begins
    held = clip[:, :, :1].expand(-1, -1, max(0, -skipped), -1, -1)
    return torch.cat([held, clip[:, :, max(0, skipped) :]], dim=2), first, skipped


def surround(clip: torch.Tensor, border: tuple[int, int, int, int], compression: Compression) -> torch.Tensor:
    """Pad a clip [B 3 F H W] by repeating its edges over a border of (top, bottom, left, right) latents."""
    if min(border) < 0:
        raise ValueError(f"got a border of {border} latents, expected sizes >= 0")
    top, bottom, left, right = border
    sides = (left * compression.width, right * compression.width, top * compression.height, bottom * compression.height)
    return pad(clip, (*sides, 0, 0), mode="replicate")


def inside(latents: torch.Tensor, border: tuple[int, int, int, int]) -> torch.Tensor:
    """Crop a border of (top, bottom, left, right) from latents [B C T H W] -> [B C T h w]."""
    top, bottom, left, right = border
    return latents[..., top : latents.shape[3] - bottom, left : latents.shape[4] - right]


def region_levels(region: torch.Tensor, compression: Compression) -> torch.Tensor:
    """Reduce a region [F H W] in 0..1 to noise levels [1 1 T h w]; F is a number of frames that the VAE takes.

    Each latent gets the maximum over its pixels, so that no part of the region is kept.
    """
    frames, height, width = region.shape
    grid = compression.time_grid
    spans = [grid.span(latent) for latent in range(grid.latents_of(frames))]
    cells = region.float().reshape(
        frames, height // compression.height, compression.height, width // compression.width, compression.width
    )
    cells = cells.amax(dim=(2, 4))  # [F h w]
    return torch.stack([cells[span.start : span.stop].amax(dim=0) for span in spans])[None, None]
