"""Text and JSON of a timeline say the same, by the table that JavaScript reads too."""

from __future__ import annotations

from sora_core.timeline.json_form import json_of, json_text
from sora_core.timeline.parsing import parse_timeline
from sora_core.timeline.text_form import text_of
from timeline_table import cases


@cases("texts")
def test_text_and_json_say_the_same(case):
    timeline = parse_timeline(case["text"], case["fps"])
    assert json_of(timeline) == case["timeline"]
    assert text_of(timeline) == case["written"]
    assert parse_timeline(case["written"], case["fps"]) == timeline
    assert parse_timeline(json_text(timeline), case["fps"]) == timeline


def test_json_is_converted_to_the_rate_of_the_node_and_text_is_read_at_it():
    written = '\ufeff {"version": 1, "fps": 24, "frames": 48}'
    assert parse_timeline(written, 8) == parse_timeline("length 2", 8)
