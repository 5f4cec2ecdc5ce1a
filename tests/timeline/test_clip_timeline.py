"""Levels, rates and lengths of a timeline, by the table that JavaScript reads too."""

from __future__ import annotations

import pytest

from sora_core.timeline.json_form import json_of
from timeline_table import cases, timeline_of


@cases("levels")
def test_the_level_of_a_clip_falls_from_its_edges(case):
    (clip,) = timeline_of({"version": 1, "fps": 8, "clips": [case["clip"]]}).clips
    assert clip.levels() == pytest.approx(case["levels"])


@cases("at_rate")
def test_frames_of_another_rate_are_converted(case):
    assert json_of(timeline_of(case["timeline"]).at_rate(case["fps"])) == case["converted"]


@cases("resolved")
def test_sources_give_the_lengths_that_are_left_open(case):
    assert json_of(timeline_of(case["timeline"]).resolved(case["lengths"])) == case["resolved"]


@cases("bad_lengths")
def test_clips_that_go_on_after_their_sources_are_refused(case):
    with pytest.raises(ValueError) as caught:
        timeline_of(case["timeline"]).resolved(case["lengths"])
    assert str(caught.value) == case["error"]
