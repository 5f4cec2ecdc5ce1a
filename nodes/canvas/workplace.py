"""Where an ability node works: source clips on the grid of its VAE, and what was changed on the way to it."""

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

MAX_SKEW = 1.1  # by which a region's aspect ratio may differ from its video's
PAST = 32  # latent frames; what lies further back changes nothing: the encoders of Wan reach back 28, ours fewer


@dataclass(frozen=True)
class Workplace:
    """Where a node works: a VAE, a rate, and a size in pixels."""

    vae: Vae
    fps: float
    height: int
    width: int

    @classmethod
    def for_clip(cls, source_clip: SourceClip, vae: Vae, size: int, fps: float) -> Workplace:
        """About `size` squared, in the source_clip's aspect ratio."""
        return cls(vae, fps, *source_clip.grid(size, vae_compression(vae)))

    @property
    def compression(self) -> Compression:
        """Of the VAE."""
        return vae_compression(self.vae)

    def pixels(self, source_clip: SourceClip) -> torch.Tensor:
        """[1 3 F H W] in 0..1 of source_clip at this size and rate."""
        return source_clip.at(self.fps).pixels(self.height, self.width)

    def whole(self, source_clip: SourceClip) -> torch.Tensor:
        """`pixels`, the last frame repeated until they are 1 + a multiple of the compression."""
        pixels = self.pixels(source_clip)
        missing = (1 - pixels.shape[2]) % self.compression.time
        return torch.cat([pixels, pixels[:, :, -1:].expand(-1, -1, missing, -1, -1)], dim=2)

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Latents [1 C T h w] of a clip that begins the canvas; its frames are 1 + a multiple of the compression."""
        return host.current().encode(self.vae, pixels[0].movedim(0, -1))

    def added(self, seconds: float) -> int:
        """Frames to be invented for a duration: a multiple of the compression, at least one where there is any."""
        if seconds == 0:
            return 0
        return max(self.compression.time, self.compression.frames_for(seconds, self.fps) - 1)

    def around(self, length: int, before: int, after: int) -> tuple[int, int]:
        """Where a clip of `length` frames begins, and how many the canvas has; no latent of the clip's start is cut."""
        first = room_before(before, self.compression) if before else 0
        missing = (1 - (first + length + after)) % self.compression.time
        return first, first + length + after + missing

    def connected(self, start: torch.Tensor, end: torch.Tensor, seconds: float) -> tuple[LatentCanvas, int]:
        """Two clips in pixels with a way between them, and the frame at which the second begins."""
        added = self.added(seconds)
        if not added:
            raise ValueError(f"got {seconds:g} seconds for the way between the clips, expected more than 0")
        time = self.compression.time
        length = end.shape[2] // time * time  # from a latent's first frame on; an incomplete one at the end is left
        if not length:
            got = f"{counted(end.shape[2])} at {self.fps:g} fps"
            raise ValueError(f"got a clip of {got} to arrive at, expected at least {time} frames: give a longer one")
        first = start.shape[2] + added
        _, latents = self.encode_at(end[:, :, :length], first, first + length)
        return connect(self.encode(start), latents, added // time), first

    def levels(self, region: torch.Tensor, source_clip: SourceClip, frames: int) -> torch.Tensor:
        """Noise levels [1 1 T h w] of a MASK [M h' w'] spread over a clip that has `frames` when `whole`.

        A mask goes where the pixels of its frame go, in space and in time.
        """
        placed = region_of(region, source_clip, self.height, self.width)
        shown = spread(len(placed), len(source_clip.frames))[source_clip.shown(self.fps)]
        held = shown[-1:].expand(frames - len(shown))
        return region_levels(placed[torch.cat([shown, held])], self.compression)

    def encode_at(self, pixels: torch.Tensor, first: int, frames: int) -> tuple[range, torch.Tensor]:
        """A clip at frame `first` of a canvas of `frames`: which latent frames are known, and those [1 C t h w]."""
        known = Placement(first, pixels.shape[2], frames, self.compression).known
        if not known:
            raise ValueError(f"the clip of {counted(pixels.shape[2])} is too short to hold a latent frame; give more")
        end = self.compression.video_frames(known.stop)  # what comes later has no influence: the VAE is causal
        skipped = self.compression.time * max(0, known.start - PAST)  # nor has what lies so far back
        placed = Placement(first - skipped, end - first, end - skipped, self.compression)
        return known, self.encode(placed.fill(pixels[:, :, : placed.length]))[:, :, -len(known) :]

    def encode_within(self, pixels: torch.Tensor, border: Border) -> torch.Tensor:
        """Latents [1 C T h w] of a clip that begins the canvas, as they are with such a border around it."""
        return inside(self.encode(surround(pixels, border, self.compression)), border)

    def describe(self, name: str, source_clip: SourceClip, used: int) -> str:
        """One line that says how source_clip was changed on the way; `used`: frames that are on the canvas."""
        count, height, width, _ = source_clip.frames.shape
        read = "of variable rate, read as " if source_clip.varied else ""
        got = f"{name}: {width}x{height}, {read}{counted(count)} at {source_clip.fps:g} fps"
        if (height, width, source_clip.fps, count) == (self.height, self.width, self.fps, used):
            return got
        return f"{got}, used as {self.width}x{self.height}, {used} at {self.fps:g} fps"


def region_of(region: torch.Tensor, source_clip: SourceClip, height: int, width: int) -> torch.Tensor:
    """A MASK [M h' w'] for source_clip, in 0..1 and of another size, cut where the source_clip is: [M height width].

    ValueError for one of another aspect ratio.
    """
    if region.ndim == 2:
        region = region[None]
    if region.ndim != 3 or 0 in region.shape:
        raise ValueError(f"got a region of shape {tuple(region.shape)}, expected a MASK [F H W] and not empty")
    own_height, own_width = source_clip.frames.shape[1:3]
    ratio = region.shape[2] / region.shape[1] * own_height / own_width
    if not 1 / MAX_SKEW < ratio < MAX_SKEW:
        raise ValueError(
            f"got a region of {region.shape[2]}x{region.shape[1]} for a video of {own_width}x{own_height}, expected "
            "the same aspect ratio"
        )
    return cover(region[:, None].float().clamp(0, 1), height, width)[:, 0]


def spread(count: int, frames: int) -> torch.Tensor:
    """Which of `count` masks each frame has, where they are spread evenly: numbers [frames]."""
    return torch.arange(frames) * count // frames


def starting_frames(pixels: torch.Tensor, time: int) -> torch.Tensor:
    """The last 1 + a multiple of `time` frames: what goes on from a clip must join its end."""
    return pixels[:, :, (pixels.shape[2] - 1) % time :]


def leading_frames(pixels: torch.Tensor, time: int) -> torch.Tensor:
    """The first frames, a multiple of `time` (all where there are fewer), for a canvas that ends with them."""
    return pixels[:, :, : pixels.shape[2] // time * time or pixels.shape[2]]
