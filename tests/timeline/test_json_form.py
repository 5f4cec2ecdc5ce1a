"""What is no timeline of JSON, by the table that JavaScript reads too; and what is left out."""

from __future__ import annotations

import pytest

from sora_core.timeline.json_form import json_of, parse_json_timeline
from timeline_table import cases


@cases("bad_json")
def test_json_that_is_no_timeline_is_refused(case):
    with pytest.raises(ValueError) as caught:
        parse_json_timeline(case["json"])
    assert str(caught.value).startswith(case["error"])
    assert "\n" not in str(caught.value)


def test_what_is_left_out_is_zero():
    timeline = parse_json_timeline('{"version": 1.0, "fps": 8.0, "clips": [{"input": "clip2", "length": 9.0}]}')
    assert json_of(timeline) == {
        "version": 1,
        "fps": 8,
        "frames": 0,
        "clips": [{"input": "clip2", "at": 0, "length": 9, "from": 0, "level": 0, "ramp_in": 0, "ramp_out": 0}],
        "prompts": [],
    }


def test_a_thousand_clips_are_taken_and_more_are_refused():
    text = '{{"version": 1, "fps": 8, "clips": [{}]}}'
    assert len(parse_json_timeline(text.format(",".join(['{"input": "clip1"}'] * 1000))).clips) == 1000
    with pytest.raises(ValueError, match=r"clips is \[.*\.\.\., expected a list of at most 1000"):
        parse_json_timeline(text.format(",".join(['{"input": "clip1"}'] * 1001)))
