"""Frames and seconds of a timeline, by the table that JavaScript reads too."""

from __future__ import annotations

from sora_core.timeline.frame_times import converted, frames_at, written
from timeline_table import cases


@cases("frames_at")
def test_seconds_become_the_nearest_frame(case):
    assert frames_at(case["seconds"], case["fps"]) == case["frames"]


@cases("written")
def test_a_frame_is_written_in_seconds_that_lead_back_to_it(case):
    assert written(case["frames"], case["fps"]) == case["seconds"]
    assert frames_at(case["seconds"], case["fps"]) == case["frames"]


@cases("converted")
def test_a_frame_of_one_rate_is_the_nearest_of_another(case):
    assert converted(case["frames"], case["fps"], case["new_fps"]) == case["converted"]
