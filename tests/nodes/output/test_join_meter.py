"""Joins of a video are measured while it is decoded, against other frames of the same video."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from sora_core.evals.steps import ratios_at

Joins = import_from_pack("nodes.io.joins").Joins
JoinMeter = import_from_pack("nodes.output.join_meter").JoinMeter


def moving(frames, *, darker_from=None, height=32, width=96):
    """A white square on gray that moves a pixel a frame, and shakes a little: [F H W 3] in 0..1."""
    clip = torch.full((frames, height, width, 3), 0.5)
    for at in range(frames):
        clip[at, 12 + at % 3 : 20 + at % 3, 4 + at : 12 + at] = 1
        clip[at] += 0.002 * (at % 3)
    if darker_from is not None:
        clip[darker_from:] -= 0.1
    return clip


def measured(clip, joins, loop=(0, 0)):
    meter = JoinMeter(joins, loop)
    assert torch.equal(torch.stack(list(meter.watched(iter(clip)))), clip)
    return meter.measures()


def test_a_join_that_jumps_is_told_from_one_that_does_not():
    quiet, loud = measured(moving(33, darker_from=21), Joins((9, 21), 4, 9))
    assert (quiet["frame"], loud["frame"]) == (9, 21)
    assert quiet["colour"] < 2 < 10 < loud["colour"]
    assert quiet["flicker"] < 2 < loud["flicker"]


def test_the_measures_are_those_of_the_evaluation():
    clip = moving(33, darker_from=21)
    (loud,) = measured(clip, Joins((21,), 4, 9))
    expected = ratios_at((clip.clamp(0, 1) * 255).round().byte()[None], [21], 4)
    found = [loud["colour"], loud["flicker"], loud["motion"]]
    assert found == pytest.approx([ratio.value for ratio in expected], abs=0.005)


def test_what_does_not_change_has_no_measure():
    assert measured(torch.full((17, 32, 32, 3), 0.5), Joins((9,), 4, 5)) == [{"frame": 9}]


def test_a_long_video_is_kept_around_its_joins_alone_and_small():
    meter = JoinMeter(Joins((401,), 4, 251))
    frame = torch.rand(256, 128, 3)
    for _ in meter.watched(frame for _ in range(1001)):
        pass
    assert len(meter.kept) == 2 * 8 * 4
    assert {tuple(kept.shape) for kept in meter.kept.values()} == {(128, 64, 3)}


def test_a_video_that_ends_before_a_join_has_none_there():
    assert measured(moving(9), Joins((9, 21), 4, 9)) == []


def test_of_a_loop_joins_are_measured_where_the_video_shows_them_and_told_where_the_canvas_has_them():
    clip = moving(33, darker_from=25)  # frame 25 of the video is frame 0 of the canvas, which is shown again at 33
    quiet, loud = measured(clip, Joins((17, 33), 4, 11), loop=(33, 8))
    assert (quiet["frame"], loud["frame"]) == (17, 33)
    assert quiet["colour"] < 2 < 10 < loud["colour"]
