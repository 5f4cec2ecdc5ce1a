"""Resizes and encodes source clips for the nodes that make a canvas, and describes what it changed."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ...sora_core.canvas.abilities import Border, connect
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.placement import Placement, inside, region_levels, room_before, surround
from ...sora_core.canvas.shapes import Compression
from ...sora_core.video.source_clip import SourceClip, cover
from .. import host
from ..host.values import Vae
from ..io.adapters import vae_compression
from ..io.source import counted

MAX_SKEW = 1.1  # the most by which the aspect ratio of a region may differ from that of its video
PAST = 28  # latent frames that the encoders of Wan look back; earlier ones have no influence, and ours look back less


@dataclass(frozen=True)
class ClipEncoder:
    """Encodes clips with a VAE, at one frame rate and size in pixels."""

    vae: Vae
    fps: float
    height: int
    width: int

    @classmethod
    def for_clip(cls, source_clip: SourceClip, vae: Vae, size: int, fps: float) -> ClipEncoder:
        """With an area of about `size` squared, in the aspect ratio of the clip."""
        return cls(vae, fps, *source_clip.grid(size, vae_compression(vae)))

    @property
    def compression(self) -> Compression:
        """Compression of the VAE."""
        return vae_compression(self.vae)

    def pixels(self, source_clip: SourceClip) -> torch.Tensor:
        """Pixels [1 3 F H W] in 0..1 of a clip, at this size and frame rate."""
        return source_clip.at(self.fps).pixels(self.height, self.width)

    def padded_pixels(self, source_clip: SourceClip) -> torch.Tensor:
        """`pixels`, with the last frame repeated until F is 1 + a multiple of the temporal compression."""
        pixels = self.pixels(source_clip)
        missing = (1 - pixels.shape[2]) % self.compression.time
        return torch.cat([pixels, pixels[:, :, -1:].expand(-1, -1, missing, -1, -1)], dim=2)

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Latents [1 C T h w] of pixels [1 3 F H W]; F is 1 + a multiple of the temporal compression."""
        return host.current().encode(self.vae, pixels[0].movedim(0, -1))

    def added_frames(self, seconds: float) -> int:
        """Frames to generate for a duration: a multiple of the temporal compression, 0 only for 0 seconds."""
        if seconds == 0:
            return 0
        return max(self.compression.time, self.compression.frames_for(seconds, self.fps) - 1)

    def layout(self, length: int, before: int, after: int) -> tuple[int, int]:
        """First frame of a clip of `length` frames on its canvas, and frames of that canvas, in whole latents."""
        first = room_before(before, self.compression) if before else 0
        missing = (1 - (first + length + after)) % self.compression.time
        return first, first + length + after + missing

    def encode_connected(self, start: torch.Tensor, end: torch.Tensor, seconds: float) -> tuple[LatentCanvas, int]:
        """Canvas of two clips [1 3 F H W] with a transition between them, and the frame at which the second begins."""
        added = self.added_frames(seconds)
        if not added:
            raise ValueError(f"got {seconds:g} seconds for the transition, expected more than 0")
        time = self.compression.time
        length = end.shape[2] // time * time  # whole latents; the rest at the end is left out
        if not length:
            got = f"{counted(end.shape[2])} at {self.fps:g} fps"
            raise ValueError(f"got a clip of {got} to end with, expected at least {time} frames: connect a longer one")
        first = start.shape[2] + added
        _, latents = self.encode_at(end[:, :, :length], first, first + length)
        return connect(self.encode(start), latents, added // time), first

    def noise_levels(self, region: torch.Tensor, source_clip: SourceClip, frames: int) -> torch.Tensor:
        """Noise levels [1 1 T h w] of a MASK [M h' w'], for a clip with `frames` in its padded_pixels.

        Masks are resampled in space and time as the frames of the clip are.
        """
        placed = region_of(region, source_clip, self.height, self.width)
        shown = spread(len(placed), len(source_clip.frames))[source_clip.shown(self.fps)]
        held = shown[-1:].expand(frames - len(shown))
        return region_levels(placed[torch.cat([shown, held])], self.compression)

    def encode_at(self, pixels: torch.Tensor, first: int, frames: int) -> tuple[range, torch.Tensor]:
        """Encode a clip at frame `first` of a canvas of `frames`: the known latent frames, and these [1 C t h w]."""
        known = Placement(first, pixels.shape[2], frames, self.compression).known
        if not known:
            raise ValueError(
                f"got a clip of {counted(pixels.shape[2])}, which fills no latent frame, expected a longer one"
            )
        end = self.compression.video_frames(known.stop)  # later frames have no influence: the VAE is causal
        skipped = self.compression.time * max(0, known.start - PAST)  # nor have frames so far back
        placed = Placement(first - skipped, end - first, end - skipped, self.compression)
        return known, self.encode(placed.fill(pixels[:, :, : placed.length]))[:, :, -len(known) :]

    def encode_within(self, pixels: torch.Tensor, border: Border) -> torch.Tensor:
        """Latents [1 C T h w] of a clip, encoded with a border around it, which is then removed."""
        return inside(self.encode(surround(pixels, border, self.compression)), border)

    def describe(self, name: str, source_clip: SourceClip, used: int) -> str:
        """The notice about how a clip was changed. used: its frames on the canvas."""
        count, height, width, _ = source_clip.frames.shape
        read = "variable frame rate, read as " if source_clip.varied else ""
        got = f"{name}: {width}x{height}, {read}{counted(count)} at {source_clip.fps:g} fps"
        if (height, width, source_clip.fps, count) == (self.height, self.width, self.fps, used):
            return got
        return f"{got}, used as {self.width}x{self.height}, {used} at {self.fps:g} fps"


def region_of(region: torch.Tensor, source_clip: SourceClip, height: int, width: int) -> torch.Tensor:
    """A MASK [M h' w'] in 0..1, scaled and cropped as the clip is: [M height width].

    Raises ValueError for a mask of another aspect ratio.
    """
    if region.ndim == 2:
        region = region[None]
    if region.ndim != 3 or 0 in region.shape:
        raise ValueError(f"got a region of shape {tuple(region.shape)}, expected a MASK [F H W] that is not empty")
    own_height, own_width = source_clip.frames.shape[1:3]
    ratio = region.shape[2] / region.shape[1] * own_height / own_width
    if not 1 / MAX_SKEW < ratio < MAX_SKEW:
        raise ValueError(
            f"got a region of {region.shape[2]}x{region.shape[1]} for a video of {own_width}x{own_height}, expected "
            "the same aspect ratio"
        )
    return cover(region[:, None].float().clamp(0, 1), height, width)[:, 0]


def spread(count: int, frames: int) -> torch.Tensor:
    """Index of the mask for each frame, with `count` masks spread evenly: [frames]."""
    return torch.arange(frames) * count // frames


def starting_frames(pixels: torch.Tensor, time: int) -> torch.Tensor:
    """The last 1 + a multiple of `time` frames, for a canvas that goes on from their end."""
    return pixels[:, :, (pixels.shape[2] - 1) % time :]


def leading_frames(pixels: torch.Tensor, time: int) -> torch.Tensor:
    """The first frames, a multiple of `time` (all, if fewer), for a canvas that ends with them."""
    return pixels[:, :, : pixels.shape[2] // time * time or pixels.shape[2]]
