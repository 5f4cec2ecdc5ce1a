"""A ClipTimeline as text: a line for its length, one for each clip, and prompts as Sora Timed Prompts has them."""

from __future__ import annotations

import re
from fractions import Fraction

from ..canvas.stretches import parse_stretches
from .clip_timeline import ClipTimeline, TimelineClip, TimelinePrompt
from .frame_times import frames_at, written
from .json_form import MOST, MOST_FRAMES, SOURCE, as_json

SYNTAX = "`length 6`, `0-2 = clip1`, `3 = clip2 from 1.5`, `4-5 = clip3 level 0.6 ramp 0.25` or `0: a red ball rolls`"
SECONDS = r"(\d{1,6}(?:\.\d{0,6})?)"
LENGTH = re.compile(rf"\s*length\s+{SECONDS}\s*", re.ASCII)
CLIP = re.compile(rf"\s*{SECONDS}\s*(?:-\s*{SECONDS}\s*)?=\s*(\S+)(.*)", re.ASCII)
OPTION = re.compile(rf"\s+(from|level|ramp(?:\s+in|\s+out)?)\s+{SECONDS}(?=\s|$)", re.ASCII)
MEANT = re.compile(r"\s*(?:[-\d.,]+\s*(?:-\s*[-\d.,]*\s*)?(?:=|clip)|clip\d|length\b[-\d.,=:\s]*$)", re.ASCII)
"""Begins of lines that are meant for clips or the length, but are not as these are written"""


def parse_text_timeline(text: str, fps: float) -> ClipTimeline:
    """Read a timeline of text, in frames at a rate. Raises ValueError, with the line, for what is no line of it."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not any(map(str.strip, lines)):
        raise ValueError(f"the timeline is empty, expected lines such as {SYNTAX}")
    frames, clips, prompts = 0, [], []
    for number, line in enumerate(lines, 1):
        if of_length := LENGTH.fullmatch(line):
            frames = _frames(of_length[1], fps, number)
        elif of_clip := CLIP.fullmatch(line):
            clips.append(_clip(of_clip, fps, number))
        elif MEANT.match(line):
            raise ValueError(f"line {number}: got {as_json(line.strip())}, expected such as {SYNTAX}")
        else:
            prompts.append(line)
    if len(clips) > MOST:
        raise ValueError(f"got {len(clips)} clips, expected at most {MOST}")
    return ClipTimeline(fps, frames, tuple(clips), _prompts(prompts, fps))


def text_of(timeline: ClipTimeline) -> str:
    """Return a timeline as text; frames become the nearest thousandths of a second."""
    fps = timeline.fps
    lines = [f"length {written(timeline.frames, fps)}"] if timeline.frames else []
    lines += [_clip_line(clip, fps) for clip in timeline.clips]
    return "\n".join([*lines, prompts_text(timeline)]).strip()


def prompts_text(timeline: ClipTimeline) -> str:
    """Return the prompts as Sora Timed Prompts takes them; "" for none."""
    lines = (f"{written(prompt.at, timeline.fps)}: {_in_one_line(prompt.text)}" for prompt in timeline.prompts)
    return "\n".join(lines)


def _in_one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def _clip_line(clip: TimelineClip, fps: float) -> str:
    time = written(clip.at, fps) + (f"-{written(clip.stop, fps)}" if clip.length else "")
    parts = [f"{time} = {clip.source}"]
    parts += [f"from {written(clip.begin, fps)}"] if clip.begin else []
    parts += [f"level {clip.level:.6g}"] if clip.level else []
    if clip.ramp_in == clip.ramp_out:
        ramps = [("ramp", clip.ramp_in)]
    else:
        ramps = [("ramp in", clip.ramp_in), ("ramp out", clip.ramp_out)]
    parts += [f"{name} {written(ramp, fps)}" for name, ramp in ramps if ramp]
    return " ".join(parts)


def _clip(line: re.Match[str], fps: float, number: int) -> TimelineClip:
    first, last, source, rest = line.groups()
    if not SOURCE.fullmatch(source):
        raise ValueError(f"line {number}: got {as_json(source)}, expected the name of an input, such as clip1")
    options = OPTION.findall(rest)
    if unread := OPTION.sub("", rest).strip():
        raise ValueError(
            f"line {number}: got {as_json(unread)} after {source}, expected such as `from 1.5 level 0.6 ramp 0.25`"
        )
    at, stop = _frames(first, fps, number), 0 if last is None else _frames(last, fps, number)
    if last is not None and stop <= at:
        raise ValueError(f"line {number}: {source} is shown from {first} to {last} s, expected at least one frame")
    clip = TimelineClip(source, at, 0 if last is None else stop - at)
    values = {" ".join(name.split()): value for name, value in options}
    if len(values) < len(options):
        raise ValueError(f"line {number}: got an option of {source} twice, expected it once")
    level = float(values.get("level", 0))
    if level > 1:
        raise ValueError(f"line {number}: level is {level:g}, expected 0 (keep) to 1 (invent)")
    both = values.get("ramp", "0")
    begin, ramp_in, ramp_out = (
        _frames(value, fps, number)
        for value in (values.get("from", "0"), values.get("ramp in", both), values.get("ramp out", both))
    )
    return TimelineClip(clip.source, clip.at, clip.length, begin, level, ramp_in, ramp_out)


def _frames(seconds: str, fps: float, number: int) -> int:
    frames = frames_at(Fraction(seconds), fps)
    if frames > MOST_FRAMES:
        raise ValueError(f"line {number}: got {seconds} s, expected at most {MOST_FRAMES:,} frames at {fps:g} fps")
    return frames


def _prompts(lines: list[str], fps: float) -> tuple[TimelinePrompt, ...]:
    """The prompts of lines in the syntax of Sora Timed Prompts; none for blank lines."""
    if not any(map(str.strip, lines)):
        return ()
    return tuple(
        TimelinePrompt(frames_at(Fraction(str(stretch.begin)), fps), stretch.prompt)
        for stretch in parse_stretches("\n".join(lines))
    )
