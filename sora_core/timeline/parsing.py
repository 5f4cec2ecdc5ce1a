"""Reads the timeline that a person or the widget wrote: text, or JSON, which begins with a brace."""

from __future__ import annotations

from .clip_timeline import ClipTimeline
from .json_form import parse_json_timeline
from .text_form import parse_text_timeline


def parse_timeline(written: str, fps: float) -> ClipTimeline:
    """Read a timeline in frames at a rate; JSON of another one is converted. Raises ValueError, in one line."""
    if written.removeprefix("\ufeff").lstrip().startswith("{"):
        return parse_json_timeline(written.removeprefix("\ufeff")).at_rate(fps)
    return parse_text_timeline(written, fps)
