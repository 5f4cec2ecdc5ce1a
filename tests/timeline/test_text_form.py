"""What is no timeline of text, by the table that JavaScript reads too."""

from __future__ import annotations

import pytest

from sora_core.timeline.clip_timeline import ClipTimeline, TimelinePrompt
from sora_core.timeline.text_form import parse_text_timeline, prompts_text
from timeline_table import cases


@cases("bad_texts")
def test_text_that_is_no_timeline_is_refused(case):
    with pytest.raises(ValueError) as caught:
        parse_text_timeline(case["text"], case["fps"])
    assert str(caught.value).startswith(case["error"])
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_and_blank_lines_are_no_prompts():
    timeline = parse_text_timeline("\ufeff\nlength 2\n \n0-1 = clip1\n\n", 8)
    assert (timeline.frames, len(timeline.clips), timeline.prompts) == (16, 1, ())


def test_prompts_of_several_lines_are_written_in_one():
    prompts = (TimelinePrompt(0, "a red ball\n\n  rolls"), TimelinePrompt(1, "2 = clip1"))
    assert prompts_text(ClipTimeline(24, prompts=prompts)) == "0: a red ball rolls\n0.042: 2 = clip1"
