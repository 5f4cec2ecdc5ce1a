"""What is wrong with a timeline, and at which place: for the message before a run, and for the widget to draw."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from ..canvas.time_grid import TimeGrid
from .clip_timeline import ClipTimeline, TimelineClip
from .frame_times import written


class Problem(NamedTuple):
    """A fault of the clip or prompt with this index, or of none, at frames first .. last."""

    clip: int | None
    prompt: int | None
    first: int
    last: int
    sentence: str


class Placed(NamedTuple):
    """A clip with its number from 0, and the frames that it takes: of a picture those of the nearest latent frame."""

    number: int
    clip: TimelineClip
    first: int
    stop: int


def problems(timeline: ClipTimeline, grid: TimeGrid) -> list[Problem]:
    """Find what is wrong with a timeline on the grid of a VAE.

    Of clips and timelines whose length only their sources know (0), what depends on it is not looked at.
    """
    found = [*_of_ends(timeline)]
    if timeline.frames:
        placed = placed_clips(timeline, grid)
        found += [*_too_short(timeline, placed, grid), *_between(timeline, placed, grid)]
    return [*found, *_of_prompts(timeline)]


def placed_clips(timeline: ClipTimeline, grid: TimeGrid) -> list[Placed]:
    """Return the clips of known lengths that are on the timeline, in their order in time."""
    latents = grid.latents_of(grid.at_least(timeline.frames))
    placed = []
    for index, clip in enumerate(timeline.clips):
        if not clip.length or clip.at >= timeline.frames:
            continue
        first, stop = clip.at, clip.stop
        if clip.length == 1:
            first = grid.nearest_start(clip.at, latents)
            stop = first + grid.least_from(first)
        placed.append(Placed(index, clip, first, stop))
    return sorted(placed, key=lambda one: (one.first, one.stop))


def loop_problems(timeline: ClipTimeline, grid: TimeGrid) -> list[Problem]:
    """Find why a timeline without other problems is no loop, which ends with its beginning again."""
    placed = placed_clips(timeline, grid)
    if not placed or placed[0].first:
        last = placed[0].first - 1 if placed else 0
        return [Problem(None, None, 0, last, "a loop begins with what is kept: let a clip begin at 0 s")]
    found, end = [], placed[-1]
    for one in runs(placed)[0]:
        clip = one.clip
        if one.first < 2 * grid.longest_span and (clip.level or clip.ramp_in or clip.ramp_out):
            sentence = f"{timeline.named(clip)} begins a loop, which shows it again as it is: set its level to 0"
            found.append(Problem(one.number, None, one.first, one.stop - 1, sentence))
    if not grid.spans_within(end.stop, grid.start_from(timeline.frames)):
        sentence = f"{timeline.named(end.clip)} leaves no latent frame to lead back to the beginning: leave more"
        found.append(Problem(end.number, None, end.stop, max(end.stop, timeline.frames - 1), sentence))
    return found


def check_timeline(timeline: ClipTimeline, grid: TimeGrid, *, loop: bool) -> None:
    """Raise ValueError for the first problem of a timeline, which says how many more there are."""
    found = problems(timeline, grid) or (loop_problems(timeline, grid) if loop else [])
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise ValueError(f"{found[0].sentence}{more}")


def _of_ends(timeline: ClipTimeline) -> Iterator[Problem]:
    """What goes on after the end, and a timeline without any length."""
    frames, fps = timeline.frames, timeline.fps
    if not frames:
        if not timeline.clips:
            yield Problem(None, None, 0, 0, "the timeline has no length: write it, such as `length 6`")
        return
    for index, clip in enumerate(timeline.clips):
        stop = max(clip.stop, clip.at + 1)
        if stop > frames:
            sentence = (
                f"{timeline.named(clip)} ends after the timeline, which lasts {written(frames, fps)} s: move or "
                "shorten the clip, or make the timeline longer"
            )
            yield Problem(index, None, max(clip.at, frames), stop - 1, sentence)


def _too_short(timeline: ClipTimeline, placed: list[Placed], grid: TimeGrid) -> Iterator[Problem]:
    """Clips that fill no latent frame, alone or together with those that they touch."""
    for run in runs(placed):
        first, stop = run[0].first, run[-1].stop
        if stop == timeline.frames:  # its last frame is held to the end of the canvas
            stop = grid.at_least(stop)
        if not grid.spans_within(first, stop):
            one = run[0]
            least = grid.least_from(first)
            sentence = f"{timeline.named(one.clip)} fills no latent frame: show {least} frames, or one as a picture"
            yield Problem(one.number, None, first, run[-1].stop - 1, sentence)


def _between(timeline: ClipTimeline, placed: list[Placed], grid: TimeGrid) -> Iterator[Problem]:
    """Overlaps, and gaps in which no latent frame lies."""
    stop, before = 0, None
    for one in placed:
        if one.first < stop and before is not None:
            name = timeline.named(one.clip)
            sentence = f"{name} overlaps {timeline.named(before.clip)}: move or shorten one of them"
            yield Problem(one.number, None, one.first, min(stop, one.stop) - 1, sentence)
        elif one.first > stop and not grid.spans_within(stop, one.first):
            name = timeline.named(one.clip)
            after = "the beginning" if before is None else timeline.named(before.clip)
            sentence = f"{name} leaves less than a latent frame after {after}: let them touch, or leave more"
            yield Problem(one.number, None, stop, one.first - 1, sentence)
        if one.stop > stop:
            stop, before = one.stop, one
    end = grid.at_least(timeline.frames)
    if before is not None and stop < timeline.frames and not grid.spans_within(stop, end):
        sentence = (
            f"{timeline.named(before.clip)} leaves less than a latent frame before the end: let it end there, or leave "
            "more"
        )
        yield Problem(before.number, None, stop, timeline.frames - 1, sentence)


def runs(placed: list[Placed]) -> list[list[Placed]]:
    """Divide clips into runs of those that touch."""
    found: list[list[Placed]] = []
    for one in placed:
        if found and found[-1][-1].stop == one.first:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _of_prompts(timeline: ClipTimeline) -> Iterator[Problem]:
    """Prompts that do not begin the timeline, do not rise, come too late, or are empty."""
    fps, frames = timeline.fps, timeline.frames
    for index, prompt in enumerate(timeline.prompts):
        if not prompt.text.strip():
            sentence = f"the prompt at {written(prompt.at, fps)} s is empty: write it or remove it"
            yield Problem(None, index, prompt.at, prompt.at, sentence)
        if frames and prompt.at >= frames:
            lasts = written(frames, fps)
            sentence = f"the prompt at {written(prompt.at, fps)} s begins after the timeline, which lasts {lasts} s"
            yield Problem(None, index, prompt.at, prompt.at, sentence)
    if timeline.prompts and timeline.prompts[0].at:
        first = timeline.prompts[0]
        sentence = f"no prompt holds before {written(first.at, fps)} s: let the first one begin at 0"
        yield Problem(None, 0, 0, first.at - 1, sentence)
    for index, (one, two) in enumerate(pairwise(timeline.prompts), 1):
        if two.at <= one.at:
            sentence = f"the prompt at {written(two.at, fps)} s does not follow the one at {written(one.at, fps)} s"
            yield Problem(None, index, two.at, two.at, f"{sentence}: let their times rise")
