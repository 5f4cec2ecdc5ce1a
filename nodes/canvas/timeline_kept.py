"""What a timeline keeps, for Sora Paste Back: the frames of its sources where the canvas holds them as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...sora_core.canvas.time_grid import TimeGrid
from ...sora_core.video.keyframed_film import film_size
from ...sora_core.video.source_clip import SourceClip
from ..io.links import feeds
from ..io.placed_sources import PlacedSource, placed_sources
from .timeline_canvas import Shot, TimelineCanvas

LATENT = 0  # the number of the output of Sora Timeline
LISTED = 3  # names in a notice


@dataclass(frozen=True, eq=False)
class Kept:
    """Frames of a source that come back. name: of its input. clip: the source."""

    name: str
    clip: SourceClip
    placed: PlacedSource


def kept_sources(laid: TimelineCanvas) -> list[Kept]:
    """Sources of a canvas where it keeps them: of whole latent frames at level 0, but not where a loop begins again."""
    return [kept for run in laid.runs() for kept in _of_run(laid, run)]


def put_back(hidden: Any, laid: TimelineCanvas, kept: Sequence[Kept]) -> list[str]:
    """The notices about what Sora Paste Back gives back, where it gets this canvas; hidden: see links.feeds.

    Raises ValueError where nothing of it is kept, before anything is sampled.
    """
    if not feeds(hidden, LATENT, "SoraPasteBack", "source"):
        return []
    if not kept:
        raise ValueError(
            "the latent goes to Sora Paste Back, but no clip on the timeline is kept: set the level of one to 0, or "
            "connect your video there"
        )
    named = dict.fromkeys(shot.name for shot in laid.shots)
    changed = [name for name in named if name not in {one.name for one in kept}]
    more = " ..." if len(changed) > LISTED else ""
    lost = f"Paste Back shows as made: {', '.join(changed[:LISTED])}{more}" if changed else ""
    return [lost, _resized(laid, kept)]


def _resized(laid: TimelineCanvas, kept: Sequence[Kept]) -> str:
    """The notice of a film whose clips do not all have its size and rate; "" where they have."""
    encoder = laid.encoder
    keyframes = [one.placed.keyframe(one.clip) for one in kept]
    sizes = {one.size(encoder.height, encoder.width) for one in keyframes if one.moves}
    rates = {one.clip.timeline.rate for one in kept if not isinstance(one.placed.source, torch.Tensor)}
    if len(sizes) < 2 and len(rates) < 2:
        return ""
    height, width = film_size(keyframes, encoder.height, encoder.width)
    return f"Paste Back fits all clips to {width}x{height} at {float(max(rates, default=encoder.fps)):.4g} fps"


def _of_run(laid: TimelineCanvas, run: Sequence[Shot]) -> Iterator[Kept]:
    """What is kept of shots that touch."""
    encoder, source = laid.encoder, run[0].source
    if source.latent is not None:
        known = [one for one in placed_sources(source.latent) if one.stop <= run[0].stop]
        yield from (Kept(run[0].name, source.clip, one) for one in known)
        return
    kept = _kept_frames(torch.cat([shot.levels for shot in run]) == 0, run[0].first, encoder.grid)
    for shot, own in zip(run, kept.split([shot.length for shot in run]), strict=True):
        if laid.turn and shot.first >= laid.turn:
            continue
        for start, stop in _stretches(own):
            yield _kept(laid, shot, start, stop)


def _kept(laid: TimelineCanvas, shot: Shot, start: int, stop: int) -> Kept:
    """Frames start .. stop - 1 of a shot."""
    encoder, source = laid.encoder, shot.source
    form, value, clip = encoder.aspect or encoder.width / encoder.height, source.value, source.clip
    if shot.until == shot.begin + 1 and len(clip.frames) > 1:  # one frame of a video, which stands still
        value = next(clip.stream(shot.footage.shown[:1]))[None]
        clip = SourceClip(value, clip.fps)
        placed = PlacedSource(value, encoder.fps, shot.first + start, shot.first + stop, 0, form=form)
    else:
        at, skipped = shot.first + start, shot.begin + start
        placed = PlacedSource(value, encoder.fps, at, shot.first + stop, skipped, shot.until, form)
    return Kept(shot.name, clip, placed)


def _kept_frames(zero: torch.Tensor, first: int, grid: TimeGrid) -> torch.Tensor:
    """Which frames [F] lie in latent frames that all are at level 0; zero: [F], of frames first .. of a canvas."""
    kept = torch.zeros_like(zero)
    for latent in grid.spans_within(first, first + len(zero)):
        span = grid.span(latent)
        part = slice(span.start - first, span.stop - first)
        kept[part] |= zero[part].all()
    return kept


def _stretches(kept: torch.Tensor) -> list[tuple[int, int]]:
    """First frame, and the one after the last, of each run of True."""
    edges = torch.nn.functional.pad(kept.int(), (1, 1)).diff()
    starts, stops = (edges == 1).nonzero()[:, 0].tolist(), (edges == -1).nonzero()[:, 0].tolist()
    return list(zip(starts, stops, strict=True))
