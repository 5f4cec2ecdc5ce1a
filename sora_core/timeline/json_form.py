"""A ClipTimeline as JSON, version 1: what the widget of Sora Timeline keeps, in whole frames."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from ..tensors.foreign_files import parse_json
from .clip_timeline import ClipTimeline, TimelineClip, TimelinePrompt

VERSION = 1
SOURCE = re.compile(r"clip[1-9]\d{0,3}")
MOST = 1000  # clips, and prompts
MOST_FRAMES = 72_000  # ten minutes of 120 frames per second
FPS = (1, 120)
MOST_SHOWN = 40  # letters of a value in a message
KEYS = ("version", "fps", "frames", "clips", "prompts")
CLIP_KEYS = ("input", "at", "length", "from", "level", "ramp_in", "ramp_out")
PROMPT_KEYS = ("at", "text")


def parse_json_timeline(text: str) -> ClipTimeline:
    """Read a timeline of JSON. Raises ValueError for another version, unknown keys, wrong types and ranges."""
    try:
        document = parse_json(text)
    except ValueError as problem:
        raise ValueError(f"the timeline is no JSON: {problem}") from problem
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION or isinstance(version, bool):
        known = f"this pack reads version {VERSION}"
        is_later = isinstance(version, int) and version > VERSION
        raise ValueError(f"timeline of version {as_json(version)}: {known}" + ("; update it" if is_later else ""))
    _check_keys(document, "the timeline", KEYS)
    clips = tuple(map(_clip, *_numbered(document, "clips")))
    prompts = tuple(map(_prompt, *_numbered(document, "prompts")))
    fps = _number(document, "fps", "the timeline", *FPS)
    return ClipTimeline(fps, _frames(document, "frames", "the timeline"), clips, prompts)


def json_of(timeline: ClipTimeline) -> dict[str, Any]:
    """Return the JSON values of a timeline."""
    clips = [
        {
            "input": clip.source,
            "at": clip.at,
            "length": clip.length,
            "from": clip.begin,
            "level": clip.level,
            "ramp_in": clip.ramp_in,
            "ramp_out": clip.ramp_out,
        }
        for clip in timeline.clips
    ]
    prompts = [{"at": prompt.at, "text": prompt.text} for prompt in timeline.prompts]
    fps = int(timeline.fps) if timeline.fps == int(timeline.fps) else timeline.fps
    return {"version": VERSION, "fps": fps, "frames": timeline.frames, "clips": clips, "prompts": prompts}


def json_text(timeline: ClipTimeline) -> str:
    """Return the JSON text of a timeline."""
    return json.dumps(json_of(timeline), ensure_ascii=False)


def as_json(value: Any) -> str:
    """Return a value as JSON for a message, in ASCII, cut off where it is long."""
    text = json.dumps(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _numbered(document: dict[str, Any], key: str) -> tuple[list[Any], range]:
    entries = document.get(key, [])
    if not isinstance(entries, list) or len(entries) > MOST:
        raise ValueError(f"{key} is {as_json(entries)}, expected a list of at most {MOST}")
    return entries, range(1, len(entries) + 1)


def _clip(entry: Any, number: int) -> TimelineClip:
    where = f"clips, entry {number}"
    _check_keys(entry, where, CLIP_KEYS)
    source = entry.get("input")
    if not isinstance(source, str) or not SOURCE.fullmatch(source):
        raise ValueError(f"{where}: input is {as_json(source)}, expected the name of one, such as clip1")
    where = f"{where} ({source})"
    at, length, begin, ramp_in, ramp_out = (
        _frames(entry, key, where) for key in ("at", "length", "from", "ramp_in", "ramp_out")
    )
    return TimelineClip(source, at, length, begin, _number(entry, "level", where, 0, 1), ramp_in, ramp_out)


def _prompt(entry: Any, number: int) -> TimelinePrompt:
    where = f"prompts, entry {number}"
    _check_keys(entry, where, PROMPT_KEYS)
    text = entry.get("text")
    if not isinstance(text, str):
        raise ValueError(f"{where}: text is {as_json(text)}, expected a text")
    return TimelinePrompt(_frames(entry, "at", where), text)


def _check_keys(entry: Any, where: str, known: tuple[str, ...]) -> None:
    if not isinstance(entry, dict):
        raise ValueError(f"{where} is {as_json(entry)}, expected an object")
    if unknown := [key for key in entry if key not in known]:
        raise ValueError(f"{where} has the key {as_json(unknown[0])}, expected some of {', '.join(known)}")


def _frames(entry: dict[str, Any], key: str, where: str) -> int:
    """A number of frames; a key that is left out is 0. Browsers may write 33.0."""
    number = _number(entry, key, where, 0, MOST_FRAMES)
    if number != int(number):
        raise ValueError(f"{where}: {key} is {number:g}, expected whole frames")
    return int(number)


def _number(entry: dict[str, Any], key: str, where: str, low: float, high: float) -> float:
    number = entry.get(key, 0)
    if isinstance(number, bool) or not isinstance(number, int | float) or math.isnan(number):
        raise ValueError(f"{where}: {key} is {as_json(number)}, expected a number")
    if not low <= number <= high:
        raise ValueError(f"{where}: {key} is {number:.6g}, expected {low:g} to {high:g}")
    return number
