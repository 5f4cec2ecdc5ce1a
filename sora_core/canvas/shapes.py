"""Shapes of clips and latents, and all conversion between them. No other module divides by a compression.

Along time the VAE's own grid decides: ours are causal, one of the host may have any formula (time_grid.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from .time_grid import CausalGrid, TimeGrid, nearest_multiple

PatchSize = tuple[int, int, int]
"""Latents along t, h, w that form one token of the DiT."""
ONE_LATENT: PatchSize = (1, 1, 1)


class VideoShape(NamedTuple):
    """Size of a clip in pixels: F frames of H x W."""

    frames: int
    height: int
    width: int


class LatentShape(NamedTuple):
    """Size of a clip in latents: C channels, T frames, H x W grid."""

    channels: int
    frames: int
    height: int
    width: int


@dataclass(frozen=True)
class Compression:
    """Pixels per latent along time, height and width.

    time: pixel frames per latent frame. formula: the grid in time of a VAE with formulas of its own, which then
    decides instead of `time`. causal: whether the encoder sees no frame after those of a latent frame.
    """

    time: int = 4
    height: int = 8
    width: int = 8
    formula: TimeGrid | None = None
    causal: bool = True

    def __post_init__(self) -> None:
        if min(self.time, self.height, self.width) < 1:
            raise ValueError(f"compression ratios must be >= 1, got {self}")

    @property
    def time_grid(self) -> TimeGrid:
        """The numbers of frames that the VAE takes."""
        return self.formula or CausalGrid(self.time)

    def latent_frames(self, frames: int) -> int:
        """Return the number of latent frames for `frames` pixel frames; raises ValueError off the VAE's grid."""
        return self.time_grid.latents_of(frames)

    def video_frames(self, latent_frames: int) -> int:
        """Return the number of pixel frames that `latent_frames` decode to; raises ValueError off the VAE's grid."""
        return self.time_grid.frames_of(latent_frames)

    def to_latent(self, video: VideoShape, channels: int) -> LatentShape:
        """Return the latent shape of a clip; raises ValueError if the VAE does not take its size."""
        if video.height % self.height or video.width % self.width or min(video.height, video.width) < 1:
            raise ValueError(
                f"got {video.width}x{video.height} pixels; this VAE takes multiples of {self.width}x{self.height}"
            )
        return LatentShape(
            channels, self.latent_frames(video.frames), video.height // self.height, video.width // self.width
        )

    def to_video(self, latent: LatentShape) -> VideoShape:
        """Return the pixel shape that latents decode to."""
        return VideoShape(self.video_frames(latent.frames), latent.height * self.height, latent.width * self.width)

    def nearest(self, video: VideoShape, patch: PatchSize = ONE_LATENT) -> VideoShape:
        """Return the nearest clip shape that the VAE and DiT patches take, at least one patch.

        >>> Compression().nearest(VideoShape(16, 60, 100), (1, 2, 2))
        VideoShape(frames=17, height=64, width=96)
        """
        step_h, step_w = self.height * patch[1], self.width * patch[2]
        return VideoShape(
            self.time_grid.nearest(video.frames - 1, patch[0]),
            step_h * max(1, nearest_multiple(video.height, step_h)),
            step_w * max(1, nearest_multiple(video.width, step_w)),
        )

    def frames_for(self, seconds: float, fps: float) -> int:
        """Return the number of pixel frames nearest to `seconds` at `fps` that the VAE takes; 0 seconds gives one."""
        return self.time_grid.nearest(_frames(seconds, fps))

    def frames_added(self, seconds: float, fps: float) -> int:
        """Return the number of frames nearest to `seconds` at `fps` by which a clip can grow; 0 only for 0 seconds."""
        frames = _frames(seconds, fps)
        return self.time_grid.added(frames) if seconds else 0


def _frames(seconds: float, fps: float) -> float:
    if not (seconds >= 0 and fps > 0 and math.isfinite(seconds * fps)):  # 0 * inf and nan are not finite either
        raise ValueError(f"got {seconds} seconds at {fps} fps; both must be finite, seconds >= 0 and fps > 0")
    return seconds * fps
