"""Resizes and encodes source clips for the nodes that make a canvas, and describes what it changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, islice

import torch

from ...sora_core.canvas.abilities import Border, connect
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.placement import Placement, held, holds, inside, region_levels, room_before, surround
from ...sora_core.canvas.shapes import Compression
from ...sora_core.canvas.time_grid import TimeGrid
from ...sora_core.tensors.finite import check_vae
from ...sora_core.video.geometry import cover
from ...sora_core.video.region import region_of, spread
from ...sora_core.video.source_clip import SourceClip
from ...sora_core.video.timeline import exact_rate
from .. import host
from ..host.time_left import FITTING
from ..host.values import Vae
from ..io.adapters import vae_compression
from ..io.source import counted
from .context import Stretch
from .footage import Footage, first_of_row, frames_in_row, held_row

CHUNK = 16  # frames of a file that are scaled and encoded at a time, at most
CHUNK_VALUES = 2**25  # of their RGB, at most; one frame of 1920x1080 has 6 million
PAST = 28  # latent frames that the encoders of Wan look back; earlier ones have no influence, and ours look back less


@dataclass(frozen=True)
class ClipEncoder:
    """Encodes clips with a VAE, at one frame rate and size in pixels. aspect: see geometry.cover."""

    vae: Vae
    fps: float
    height: int
    width: int
    aspect: float | None = None

    @classmethod
    def for_clip(cls, source_clip: SourceClip, vae: Vae, size: int, fps: float) -> ClipEncoder:
        """With an area of about `size` squared, in the aspect ratio of the clip."""
        return cls(vae, fps, *source_clip.grid(size, vae_compression(vae)))

    @classmethod
    def for_whole(cls, source_clip: SourceClip, vae: Vae, size: int, fps: float) -> ClipEncoder:
        """As for_clip, for a clip that is put back: no edge is cropped, and the grid may stretch it a little."""
        return replace(cls.for_clip(source_clip, vae, size, fps), aspect=source_clip.aspect)

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
        return self._scaled(source_clip, source_clip.shown(self.fps))

    def end_of(self, source_clip: SourceClip, most: int) -> Stretch:
        """The last frames of a clip, at most so many and as many as the VAE takes; they end as the clip does."""
        whole = len(source_clip.shown(self.fps, same_end=True))
        return self.last_of(source_clip, min(whole, self.grid.at_most(min(most, whole))))  # all, if the VAE takes none

    def last_of(self, source_clip: SourceClip, length: int) -> Stretch:
        """The last `length` frames of a clip, which end as it does."""
        shown = source_clip.shown(self.fps, same_end=True)
        pixels = self._scaled(source_clip, shown[len(shown) - length :])
        return Stretch(pixels, source_clip.timeline.end - length / exact_rate(self.fps))

    def start_of(self, source_clip: SourceClip, most: int) -> Stretch:
        """The first frames of a clip, at most so many."""
        shown = source_clip.shown(self.fps)
        return Stretch(self._scaled(source_clip, shown[:most]), Fraction(0))

    def _scaled(self, source_clip: SourceClip, shown: torch.Tensor | None = None) -> torch.Tensor:
        return source_clip.pixels(self.height, self.width, shown, aspect=self.aspect)

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
        return self.encode_row([Footage(source_clip, shown)], border)

    def encode_row(self, row: Sequence[Footage], border: Border | None = None) -> torch.Tensor:
        """As encode_shown, of frames of several clips in a row."""
        length = frames_in_row(row)
        self.grid.latents_of(length)

        def chunks() -> Iterator[torch.Tensor]:
            for part in chain.from_iterable(map(self._parts, row)):
                yield (part if border is None else surround(part, border, self.compression))[0].movedim(0, -1)

        if all(isinstance(footage.source.frames, torch.Tensor) for footage in row):
            latents = host.current().encode(self.vae, torch.cat(list(chunks())))
        else:
            latents = host.current().encode_stream(self.vae, chunks, length)
        check_vae(latents)
        return latents if border is None else inside(latents, border)

    def _parts(self, footage: Footage) -> Iterator[torch.Tensor]:
        """Pixels [1 3 f H W] of frames of a clip, whose file is read once."""
        frames = footage.source.stream(footage.shown)
        count = max(1, min(CHUNK, CHUNK_VALUES // math.prod(footage.source.frames.shape[1:])))
        while part := list(islice(frames, count)):
            yield self._scaled(SourceClip(torch.stack(part), self.fps))

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Latents [1 C T h w] of pixels [1 3 F H W]; the VAE must take F."""
        return check_vae(host.current().encode(self.vae, pixels[0].movedim(0, -1)))

    def added_frames(self, seconds: float) -> int:
        """Frames to generate for a duration: whole periods of the VAE's grid, 0 only for 0 seconds."""
        return self.compression.frames_added(seconds, self.fps)

    def layout(self, length: int, before: int, after: int) -> tuple[int, int]:
        """First frame of a clip of `length` frames on its canvas, and frames of that canvas, in whole latents."""
        if before and not after:
            return self.at_end(before, length)
        first = room_before(before, self.compression) if before else 0
        return first, self.grid.at_least(first + length + after)

    def at_end(self, first: int, length: int) -> tuple[int, int]:
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
        first, frames = self.at_end(start.shape[2] + added, end.shape[2])
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
        (_, after), (before, _) = holds([range(start.shape[2]), range(first, frames)], frames)
        latents = self.encode(torch.cat([held(start, 0, after), held(end, before, 0)], dim=2))
        return latents[:, :, : self.grid.latents_of(start.shape[2])], latents[:, :, known.start :]

    def noise_levels(self, region: torch.Tensor, source_clip: SourceClip, shown: torch.Tensor) -> torch.Tensor:
        """Noise levels [1 1 T h w] of a MASK [M h' w'], for frames of a clip (see padded).

        Masks are resampled in space and time as the frames of the clip are, those of a latent frame at a time.
        """
        count = self.grid.latents_of(len(shown))
        if region.ndim == 2 or len(region) == 1:  # the same at all times
            return self.region_level(region, source_clip, shown[:1], torch.ones(1)).repeat(1, 1, count, 1, 1)
        self.placed_region(region[:1], source_clip)  # refuses what does not fit before any work
        levels = []
        progress = host.current().progress(count, FITTING)
        for latent in range(count):
            progress.update(latent)
            span = self.grid.span(latent)
            frames = shown[span.start : span.stop]
            levels.append(self.region_level(region, source_clip, frames, torch.ones(len(frames))))
        return torch.cat(levels, dim=2)

    def region_level(
        self, region: torch.Tensor, source_clip: SourceClip, shown: torch.Tensor, levels: torch.Tensor
    ) -> torch.Tensor:
        """Noise level [1 1 1 h w] of a latent frame that holds these frames of a clip, at levels [F] in its region."""
        masks = spread(1 if region.ndim == 2 else len(region), len(source_clip.frames))[shown]
        used, places = masks.unique(return_inverse=True)
        highest = torch.zeros(len(used)).scatter_reduce(0, places, levels, "amax")
        placed = self.placed_region(region if region.ndim == 2 else region[used], source_clip)
        one = Compression(1, self.compression.height, self.compression.width)
        return (region_levels(placed, one) * highest[:, None, None]).amax(dim=2, keepdim=True)

    def placed_region(self, region: torch.Tensor, source_clip: SourceClip) -> torch.Tensor:
        """A MASK of a clip at this size, scaled and cropped as the frames of the clip are."""
        if self.aspect == source_clip.aspect:
            return region_of(region, source_clip, self.height, self.width)
        whole = region_of(region, source_clip, *source_clip.frames.shape[1:3])
        return cover(whole[:, None], self.height, self.width, self.aspect)[:, 0]

    def encode_at(self, pixels: torch.Tensor, first: int, frames: int) -> tuple[range, torch.Tensor]:
        """Encode a clip at frame `first` of a canvas of `frames`: the known latent frames, and these [1 C t h w].

        An encoder that is not causal sees the whole canvas, on which the first and last frame of the clip are repeated;
        but for a picture that begins it, which models get as the host's own nodes encode it: alone.
        """
        known, placed, skipped = self._encoding(first, pixels.shape[2], frames)
        encoded = self.encode(placed.fill(pixels[:, :, : placed.length]))
        return known, encoded[:, :, skipped : skipped + len(known)]

    def encode_rows(self, rows: Mapping[int, Sequence[Footage]], frames: int) -> dict[int, torch.Tensor]:
        """Encode footage from these frames of a canvas on: its known latents by their first latent frame.

        As encode_at does it; an encoder that is not causal sees the nearest frame of a row between them.
        """
        made = {first: self._encoding(first, frames_in_row(row), frames) for first, row in rows.items()}
        alone = {
            known.start: self._of_row(rows[first], placed)[:, :, skipped : skipped + len(known)]
            for first, (known, placed, skipped) in made.items()
            if self.compression.causal or placed.frames < frames
        }
        if len(alone) == len(rows):
            return alone
        spans = [range(first, first + frames_in_row(row)) for first, row in rows.items()]
        repeated = zip(rows.values(), holds(spans, frames), strict=True)
        whole = self.encode_row([footage for row, ends in repeated for footage in held_row(row, *ends)])
        return {known.start: whole[:, :, known.start : known.stop] for known, _, _ in made.values()} | alone

    def _of_row(self, row: Sequence[Footage], placed: Placement) -> torch.Tensor:
        return self.encode_row(held_row(first_of_row(row, placed.length), placed.first, placed.after))

    def _encoding(self, first: int, length: int, frames: int) -> tuple[range, Placement, int]:
        """The known latent frames of a clip on a canvas, where it stands in what is encoded, and latents before it."""
        placed = Placement(first, length, frames, self.compression)
        known = placed.known
        if not known:
            raise ValueError(f"got a clip of {counted(length)}, which fills no latent frame, expected a longer one")
        if not self.compression.causal:
            alone = Placement(0, 1, self.grid.at_least(1), self.compression)
            return known, alone if first == 0 and length == 1 else placed, known.start
        end = self.grid.at_least(self.grid.span(known.stop - 1).stop)  # later ones have no influence: it is causal
        step, latents = self.grid.period
        rounds = max(0, known.start - PAST) // latents  # nor have frames so far back
        part = Placement(first - rounds * step, min(length, end - first), end - rounds * step, self.compression)
        return known, part, known.start - rounds * latents

    def describe(self, name: str, source_clip: SourceClip, used: int) -> list[str]:
        """The notices about how a clip was changed. used: its frames on the canvas."""
        count, notices = len(source_clip.frames), self.describe_frames(name, source_clip)
        if (source_clip.fps, count) != (self.fps, used):
            notices.append(f"{name}: {counted(count)} at {source_clip.fps:.4g} fps used as {used} at {self.fps:.4g}")
        return notices

    def describe_frames(self, name: str, source_clip: SourceClip) -> list[str]:
        """The notices about how the frames of a clip were changed."""
        _, height, width, _ = source_clip.frames.shape
        notices = [f"{name}: variable frame rate, read at {source_clip.fps:g} fps"] if source_clip.varied else []
        if (height, width) != (self.height, self.width):
            notices.append(f"{name}: {width}x{height} used as {self.width}x{self.height}")
        return notices
