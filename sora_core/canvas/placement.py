"""Placement: encodes a clip in mid-canvas with a causal VAE, by padding its pixels to the canvas.

Latent frame 0 holds one pixel frame, each later one `time` of them, and all depend on their past. So a clip gets a
plausible past (its first frame repeated) and border (its edges repeated), and only latents whose pixels all belong to
the clip count as known.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        time, end = self.compression.time, self.first + self.length  # latent t > 0 holds time*(t-1)+1 .. time*t
        begin = 0 if self.first == 0 else -(-(self.first + time - 1) // time)
        return range(begin, 1 + (end - 1) // time)

    def fill(self, clip: torch.Tensor) -> torch.Tensor:
        """Pad the clip [B 3 length H W] to the canvas [B 3 frames H W] by repeating its first and last frame."""
        if clip.ndim != 5 or clip.shape[2] != self.length:
            raise ValueError(f"got a clip of shape {tuple(clip.shape)}, expected [B 3 {self.length} H W]")
        after = self.frames - self.first - self.length
        parts = [clip[:, :, :1].expand(-1, -1, self.first, -1, -1), clip, clip[:, :, -1:].expand(-1, -1, after, -1, -1)]
        return torch.cat(parts, dim=2)


def room_before(frames: int, compression: Compression) -> int:
    """Return how many pixel frames to leave before a clip, at least `frames`, so that it starts a latent frame.

    The result is 1 + a multiple of the compression in time.
    """
    if frames < 1:
        raise ValueError(f"got {frames} frames before the clip, expected at least 1")
    return 1 + compression.time * -(-(frames - 1) // compression.time)


def nearest_start(frame: float, frames: int, compression: Compression) -> int:
    """Return the first pixel frame of a latent frame nearest to `frame`, on a canvas of `frames`; halves round up."""
    last = compression.latent_frames(frames) - 1
    latent = 0 if frame < 0.5 else 1 + int(max(0.0, frame - 1) / compression.time + 0.5)
    return start_of(min(latent, last), compression)


def start_of(latent: int, compression: Compression) -> int:
    """Return the first pixel frame of a latent frame."""
    return compression.video_frames(latent) if latent else 0


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
    """Reduce a region [F H W] in 0..1 to noise levels [1 1 T h w]; F is 1 + a multiple of the compression in time.

    Each latent gets the maximum over its pixels, so that no part of the region is kept.
    """
    frames, height, width = region.shape
    later = compression.latent_frames(frames) - 1
    cells = region.float().reshape(
        frames, height // compression.height, compression.height, width // compression.width, compression.width
    )
    cells = cells.amax(dim=(2, 4))  # [F h w]
    first, rest = cells[:1], cells[1:].reshape(later, compression.time, *cells.shape[1:]).amax(dim=1)
    return torch.cat([first, rest])[None, None]
