"""Shapes of clips and latents, and all conversion between them. No other module divides by a compression.

The VAE is causal in time: latent frame 0 holds one pixel frame, every later one holds `time` of them
(Wan, https://arxiv.org/abs/2503.20314, section 4.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

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
    """Pixels per latent along time, height and width."""

    time: int = 4
    height: int = 8
    width: int = 8

    def __post_init__(self) -> None:
        if min(self.time, self.height, self.width) < 1:
            raise ValueError(f"compression ratios must be >= 1, got {self}")

    def latent_frames(self, frames: int) -> int:
        """Return the number of latent frames for `frames` pixel frames, which must be 1 + a multiple of `time`."""
        if frames < 1 or (frames - 1) % self.time:
            raise ValueError(f"got {frames} frames; this VAE takes 1 + a multiple of {self.time}")
        return 1 + (frames - 1) // self.time

    def video_frames(self, latent_frames: int) -> int:
        """Return the number of pixel frames that `latent_frames` decode to."""
        if latent_frames < 1:
            raise ValueError(f"got {latent_frames} latent frames; expected at least 1")
        return 1 + (latent_frames - 1) * self.time

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
        step_t, step_h, step_w = self.time * patch[0], self.height * patch[1], self.width * patch[2]
        return VideoShape(
            1 + step_t * _nearest_multiple(video.frames - 1, step_t),
            step_h * max(1, _nearest_multiple(video.height, step_h)),
            step_w * max(1, _nearest_multiple(video.width, step_w)),
        )

    def frames_for(self, seconds: float, fps: float) -> int:
        """Return the number of pixel frames nearest to `seconds` at `fps` that the VAE takes; 0 seconds gives one."""
        if not (seconds >= 0 and fps > 0 and math.isfinite(seconds * fps)):  # 0 * inf and nan are not finite either
            raise ValueError(f"got {seconds} seconds at {fps} fps; both must be finite, seconds >= 0 and fps > 0")
        return 1 + self.time * _nearest_multiple(seconds * fps, self.time)


def _nearest_multiple(value: float, step: int) -> int:
    """Return the number of whole steps nearest to value; halves round up."""
    return max(0, int(value / step + 0.5))
