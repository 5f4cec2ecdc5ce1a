"""Resizes and encodes source clips for the nodes that make a canvas, and describes what it changed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import torch

from ...sora_core.canvas.abilities import Border, connect
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.placement import Placement, both_ends, inside, region_levels, room_before, surround
from ...sora_core.canvas.shapes import Compression
from ...sora_core.canvas.time_grid import TimeGrid
from ...sora_core.tensors.finite import check_vae
from ...sora_core.video.geometry import cover
from ...sora_core.video.source_clip import SourceClip
from ...sora_core.video.timeline import exact_rate
from .. import host
from ..host.time_left import FITTING
from ..host.values import Vae
from ..io.adapters import vae_compression
from ..io.source import counted
from .context import Stretch

CHUNK = 16  # frames of a file that are scaled and encoded at a time, at most
CHUNK_VALUES = 2**25  # of their RGB, at most; one frame of 1920x1080 has 6 million
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

    @property
    def grid(self) -> TimeGrid:
        """The numbers of frames that the VAE takes."""
        return self.compression.time_grid

    def pixels(self, source_clip: SourceClip) -> torch.Tensor:
        """Pixels [1 3 F H W] in 0..1 of a clip, at this size and frame rate."""
        return source_clip.pixels(self.height, self.width, source_clip.shown(self.fps))

    def end_of(self, source_clip: SourceClip, most: int) -> Stretch:
        """The last frames of a clip, at most so many and as many as the VAE takes; they end as the clip does."""
        whole = len(source_clip.shown(self.fps, same_end=True))
        return self.last_of(source_clip, min(whole, self.grid.at_most(min(most, whole))))  # all, if the VAE takes none

    def last_of(self, source_clip: SourceClip, length: int) -> Stretch:
        """The last `length` frames of a clip, which end as it does."""
        shown = source_clip.shown(self.fps, same_end=True)
        pixels = source_clip.pixels(self.height, self.width, shown[len(shown) - length :])
        return Stretch(pixels, source_clip.timeline.end - length / exact_rate(self.fps))

    def start_of(self, source_clip: SourceClip, most: int) -> Stretch:
        """The first frames of a clip, at most so many."""
        shown = source_clip.shown(self.fps)
        return Stretch(source_clip.pixels(self.height, self.width, shown[:most]), Fraction(0))

    def whole_latents(self, first: int, most: int) -> int:
        """The largest number of frames, at most so many, that fill whole latent frames from frame `first` on."""
        known = self.grid.spans_within(first, first + most)
        return self.grid.span(known.stop - 1).stop - first

    def padded(self, source_clip: SourceClip) -> torch.Tensor:
        """Which frames of a clip are shown at this rate, the last one repeated until the VAE takes so many: [F]."""
        shown = source_clip.shown(self.fps)
        return torch.cat([shown, shown[-1:].expand(self.grid.at_least(len(shown)) - len(shown))])

    def encode_shown(self, source_clip: SourceClip, shown: torch.Tensor, border: Border | None = None) -> torch.Tensor:
        """Latents [1 C T h w] of frames of a clip; with a border around it while it is encoded.

        A file goes through in chunks. Raises ValueError if the VAE does not take so many frames.
        """
        self.grid.latents_of(len(shown))

        def chunks() -> Iterator[torch.Tensor]:
            for part in self._parts(source_clip, shown):
                yield (part if border is None else surround(part, border, self.compression))[0].movedim(0, -1)

        if isinstance(source_clip.frames, torch.Tensor):
            latents = host.current().encode(self.vae, torch.cat(list(chunks())))
        else:
            latents = host.current().encode_stream(self.vae, chunks, len(shown))
        check_vae(latents)
        return latents if border is None else inside(latents, border)

    def _parts(self, source_clip: SourceClip, shown: torch.Tensor) -> Iterator[torch.Tensor]:
        """Pixels [1 3 f H W] of frames of a clip, whose file is read once."""
        frames = source_clip.stream(shown)
        count = max(1, min(CHUNK, CHUNK_VALUES // math.prod(source_clip.frames.shape[1:])))
        while part := list(islice(frames, count)):
            yield SourceClip(torch.stack(part), self.fps).pixels(self.height, self.width)

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Latents [1 C T h w] of pixels [1 3 F H W]; the VAE must take F."""
        return check_vae(host.current().encode(self.vae, pixels[0].movedim(0, -1)))

    def added_frames(self, seconds: float) -> int:
        """Frames to generate for a duration: whole periods of the VAE's grid, 0 only for 0 seconds."""
        return self.compression.frames_added(seconds, self.fps)

    def layout(self, length: int, before: int, after: int) -> tuple[int, int]:
        """First frame of a clip of `length` frames on its canvas, and frames of that canvas, in whole latents."""
        if before and not after:
            return self._at_end(before, length)
        first = room_before(before, self.compression) if before else 0
        return first, self.grid.at_least(first + length + after)

    def _at_end(self, first: int, length: int) -> tuple[int, int]:
        """As `layout`, of a clip that ends its canvas and begins at `first` or soon after.

        Frames at its end that do not fill a latent frame are left out.
        """
        first = room_before(first, self.compression)
        frames = self.grid.at_least(first + max(0, length - self.grid.longest_span + 1))
        if frames <= first:
            return first, self.grid.at_least(first + length)
        return max(first, self.grid.start_from(frames - length)), frames

    def encode_connected(self, start: torch.Tensor, end: torch.Tensor, seconds: float) -> tuple[LatentCanvas, int, int]:
        """Canvas of two clips [1 3 F H W] with a transition between them, the second's first frame, and all frames."""
        added = self.added_frames(seconds)
        if not added:
            raise ValueError(f"got {seconds:g} seconds for the transition, expected more than 0")
        first, frames = self._at_end(start.shape[2] + added, end.shape[2])
        if end.shape[2] < (least := self.grid.least_from(first)):
            got = f"{counted(end.shape[2])} at {self.fps:g} fps"
            raise ValueError(f"got a clip of {got} to end with, expected at least {least} frames: connect a longer one")
        begin, latents = self._encode_ends(start, end[:, :, : frames - first], frames)
        between = self.compression.latent_frames(frames) - begin.shape[2] - latents.shape[2]
        return connect(begin, latents, between), first, frames

    def _encode_ends(self, start: torch.Tensor, end: torch.Tensor, frames: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents of two clips at the beginning and the end of a canvas; an encoder that sees both gets both."""
        first = frames - end.shape[2]
        if self.compression.causal:
            return self.encode(start), self.encode_at(end, first, frames)[1]
        known = Placement(first, end.shape[2], frames, self.compression).known
        latents = self.encode(both_ends(start, end, frames))
        return latents[:, :, : self.grid.latents_of(start.shape[2])], latents[:, :, known.start :]

    def noise_levels(self, region: torch.Tensor, source_clip: SourceClip, shown: torch.Tensor) -> torch.Tensor:
        """Noise levels [1 1 T h w] of a MASK [M h' w'], for frames of a clip (see padded).

        Masks are resampled in space and time as the frames of the clip are, those of a latent frame at a time.
        """
        checked = region_of(region[:1] if region.ndim == 3 else region, source_clip, self.height, self.width)
        masks = spread(1 if region.ndim == 2 else len(region), len(source_clip.frames))[shown]
        levels, one = [], Compression(1, self.compression.height, self.compression.width)
        count = self.grid.latents_of(len(shown))
        progress = host.current().progress(count, FITTING)
        for latent in range(count):
            progress.update(latent)
            span = self.grid.span(latent)
            used = masks[span.start : span.stop].unique()
            placed = checked if region.ndim == 2 else region_of(region[used], source_clip, self.height, self.width)
            levels.append(region_levels(placed, one).amax(dim=2, keepdim=True))
        return torch.cat(levels, dim=2)

    def encode_at(self, pixels: torch.Tensor, first: int, frames: int) -> tuple[range, torch.Tensor]:
        """Encode a clip at frame `first` of a canvas of `frames`: the known latent frames, and these [1 C t h w].

        An encoder that is not causal sees the whole canvas, on which the first and last frame of the clip are repeated.
        """
        placed = Placement(first, pixels.shape[2], frames, self.compression)
        known = placed.known
        if not known:
            raise ValueError(
                f"got a clip of {counted(pixels.shape[2])}, which fills no latent frame, expected a longer one"
            )
        if not self.compression.causal:
            return known, self.encode(placed.fill(pixels))[:, :, known.start : known.stop]
        end = self.grid.at_least(self.grid.span(known.stop - 1).stop)  # later ones have no influence: it is causal
        step, latents = self.grid.period
        rounds = max(0, known.start - PAST) // latents  # nor have frames so far back
        placed = Placement(
            first - rounds * step, min(pixels.shape[2], end - first), end - rounds * step, self.compression
        )
        encoded = self.encode(placed.fill(pixels[:, :, : placed.length]))
        return known, encoded[:, :, known.start - rounds * latents : known.stop - rounds * latents]

    def describe(self, name: str, source_clip: SourceClip, used: int) -> list[str]:
        """The notices about how a clip was changed. used: its frames on the canvas."""
        count, height, width, _ = source_clip.frames.shape
        notices = [f"{name}: variable frame rate, read at {source_clip.fps:g} fps"] if source_clip.varied else []
        if (height, width) != (self.height, self.width):
            notices.append(f"{name}: {width}x{height} used as {self.width}x{self.height}")
        if (source_clip.fps, count) != (self.fps, used):
            notices.append(f"{name}: {counted(count)} at {source_clip.fps:.4g} fps used as {used} at {self.fps:.4g}")
        return notices


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
