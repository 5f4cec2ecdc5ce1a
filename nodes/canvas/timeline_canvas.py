"""Builds the canvas of a timeline: its clips encoded where they stand, at their levels, and a loop closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import torch

from ...sora_core.canvas import abilities
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.shapes import VideoShape
from ...sora_core.tensors.foreign_text import first_lines
from ...sora_core.timeline.clip_timeline import ClipTimeline
from ...sora_core.timeline.problems import Placed, placed_clips
from ..io.adapters import Latent, latent_samples, vae_channels
from ..io.joins import with_joins
from ..io.source import counted
from .clip_encoder import ClipEncoder
from .footage import Footage
from .soundtrack import PlacedSound, Soundtrack
from .timeline_sources import TimelineSource

MOST_NOTICES = 6  # of the changes of clips


@dataclass(frozen=True, eq=False)
class Shot:
    """Frames first .. of a canvas that show one source. levels: [F].

    begin, until: which of its frames is the first, and the one after the last; this is held where there are more.
    """

    name: str
    source: TimelineSource
    first: int
    begin: int
    until: int
    footage: Footage
    levels: torch.Tensor

    @classmethod
    def of(cls, placed: Placed, source: TimelineSource, stop: int) -> Shot:
        """A clip on a timeline, whose last frame is held up to frame `stop`."""
        clip, length = placed.clip, placed.stop - placed.first
        until = clip.begin + clip.length
        shown = source.shown[clip.begin : until]
        footage = Footage(source.clip, shown).held(0, stop - placed.first - len(shown))
        levels = torch.tensor(replace(clip, length=length).levels())
        held = levels[-1:].expand(stop - placed.stop)
        return cls(clip.source, source, placed.first, clip.begin, until, footage, torch.cat([levels, held]))

    @property
    def length(self) -> int:
        """Number of frames."""
        return len(self.levels)

    @property
    def stop(self) -> int:
        """The frame after its last one."""
        return self.first + self.length

    def at(self, first: int, length: int) -> Shot:
        """Its first frames, up to so many, at another place; where it has fewer, its last one is held."""
        footage = self.footage.part(0, length).held(0, max(0, length - self.length))
        levels = self.levels[:1].expand(length)
        return replace(self, first=first, footage=footage, levels=levels)

    def sound(self, fps: float) -> PlacedSound:
        """Its sound at its place."""
        return PlacedSound.of(self.source.heard, fps, self.first, self.length, self.begin)


@dataclass(frozen=True, eq=False)
class TimelineCanvas:
    """Shots on a canvas of `frames`, of which the first `turn` are one pass of a loop; 0 where there is none."""

    encoder: ClipEncoder
    shots: tuple[Shot, ...]
    frames: int
    turn: int = 0

    @classmethod
    def of(
        cls, timeline: ClipTimeline, sources: Mapping[str, TimelineSource], encoder: ClipEncoder, *, loop: bool
    ) -> TimelineCanvas:
        """The shots of a timeline without problems; a loop shows its beginning again at the end."""
        grid = encoder.grid
        frames = grid.at_least(timeline.frames)
        shots = tuple(
            Shot.of(one, sources[one.clip.source], frames if one.stop == timeline.frames and not loop else one.stop)
            for one in placed_clips(timeline, grid)
        )
        made = cls(encoder, shots, frames)
        return made.closed(timeline.frames) if loop else made

    def closed(self, length: int) -> TimelineCanvas:
        """This canvas as a loop of at least `length` frames: it ends with its own beginning, as Sora Loop Video's."""
        grid, run = self.encoder.grid, self.runs()[0]
        known = run[-1].stop
        first, frames = self.encoder.at_end(length, min(2 * grid.longest_span, known))
        return replace(self, shots=(*self.shots, *_again(run, first, frames - first)), frames=frames, turn=first)

    def runs(self) -> list[list[Shot]]:
        """The shots that touch, which are encoded as they follow each other; a LATENT is not encoded."""
        found: list[list[Shot]] = []
        for shot in self.shots:
            touches = bool(found) and found[-1][-1].stop == shot.first and found[-1][-1].source.latent is None
            if touches:
                found[-1].append(shot)
            else:
                found.append([shot])
        return found

    def shape(self) -> VideoShape:
        """Its frames and size in pixels."""
        return VideoShape(self.frames, self.encoder.height, self.encoder.width)

    def canvas(self) -> LatentCanvas:
        """The canvas, for which all that it keeps is encoded."""
        latents = [*self._latents()]
        batch, like = max([len(one) for _, one in latents], default=1), latents[0][1] if latents else torch.empty(0)
        shape = self.encoder.compression.to_latent(self.shape(), vae_channels(self.encoder.vae))
        canvas = abilities.text_to_video(shape, batch, device=like.device, dtype=like.dtype)
        for first, clean in latents:
            levels = torch.cat([self._level(latent) for latent in range(first, first + clean.shape[2])], dim=2)
            canvas = abilities.put(canvas, abilities.inpaint(clean, levels), first)
        return canvas

    def latent(self, soundtrack: Soundtrack) -> Latent:
        """The canvas as LATENT with its sound."""
        before = self.shots[0].source.latent if self.shots else None
        if before is None:
            latent = soundtrack.latent(self.canvas(), *self.sounds())
        else:
            latent = soundtrack.extended(self.canvas(), before, *self.sounds())
        return with_joins(latent, self.known(), self.encoder.grid, self.encoder.grid.latents_of(self.frames))

    def known(self) -> list[range]:
        """Latent frames of each run that is not all generated."""
        runs = [run for run in self.runs() if any(bool((shot.levels < 1).any()) for shot in run)]
        return [self.encoder.grid.spans_within(run[0].first, run[-1].stop) for run in runs]

    def sounds(self) -> list[PlacedSound]:
        """The sound of each shot that moves, but for that of a LATENT, which is no AUDIO."""
        heard = [shot for shot in self.shots if shot.source.latent is None and len(shot.source.shown) > 1]
        return [shot.sound(self.encoder.fps) for shot in heard]

    def prompts(self, timeline: ClipTimeline) -> ClipTimeline:
        """A timeline with the first prompt again where a loop begins again."""
        prompts = timeline.prompts
        if not self.turn or len(prompts) < 2:
            return timeline
        return replace(timeline, prompts=(*prompts, replace(prompts[0], at=self.turn)))

    def notices(self, timeline: ClipTimeline) -> list[str]:
        """What was made, and what the user may not expect of it."""
        encoder, length = self.encoder, timeline.frames
        made = f"{encoder.width}x{encoder.height}, {counted(self.frames)} at {encoder.fps:g} fps"
        rounded = [f"{length} frames are rounded to {self.frames}"] if length != self.frames and not self.turn else []
        turn = [f"One pass of the loop has {self.turn} frames"] if self.turn else []
        sources = {shot.name: shot.source for shot in self.shots if shot.source.latent is None}
        changed = [line for name, source in sources.items() for line in encoder.describe_frames(name, source.clip)]
        return [made, *rounded, *turn, *first_lines([*changed, *self._unfilled()], MOST_NOTICES)]

    def _unfilled(self) -> Iterator[str]:
        """The notices of kept frames that are made anew since they fill no latent frame."""
        for run in self.runs():
            grid, first, last = self.encoder.grid, run[0], run[-1]
            known = grid.spans_within(first.first, last.stop)
            early, late = grid.span(known.start).start - first.first, last.stop - grid.span(known.stop - 1).stop
            if early and bool((first.levels < 1).any()):
                yield f"{first.name}: {counted(early)} at its begin generated anew"
            if late and bool((last.levels < 1).any()):
                yield f"{last.name}: {counted(late)} at its end generated anew"

    def _latents(self) -> Iterator[tuple[int, torch.Tensor]]:
        """Known latents with the latent frame at which they begin."""
        rows = {}
        for run in self.runs():
            if run[0].source.latent is None:
                rows[run[0].first] = [shot.footage for shot in run]
            else:
                known = self.encoder.grid.spans_within(0, run[0].stop)
                yield 0, latent_samples(run[0].source.latent)[:, :, : known.stop]
        if rows:
            yield from self.encoder.encode_rows(rows, self.frames).items()

    def _level(self, latent: int) -> torch.Tensor:
        """The noise level [1 1 1 h w] of a latent frame whose frames all are known: the highest of its frames."""
        span, encoder, ratio = self.encoder.grid.span(latent), self.encoder, self.encoder.compression
        found = torch.zeros(1, 1, 1, encoder.height // ratio.height, encoder.width // ratio.width)
        for shot in self.shots:
            begin, end = max(span.start, shot.first) - shot.first, min(span.stop, shot.stop) - shot.first
            if begin >= end:
                continue
            levels, region = shot.levels[begin:end], shot.source.region
            if region is None:
                level = levels.max().expand_as(found)
            else:
                level = encoder.region_level(region, shot.source.clip, shot.footage.shown[begin:end], levels)
            found = torch.maximum(found, level)
        return found


def _again(run: Sequence[Shot], first: int, frames: int) -> Iterator[Shot]:
    """The first frames of a run at another place."""
    starts = accumulate((shot.length for shot in run), initial=0)
    for place, (shot, start) in enumerate(zip(run, starts, strict=False)):
        if start < frames:
            left = frames - start
            is_last = place == len(run) - 1
            yield shot.at(first + start, left if is_last else min(left, shot.length))
