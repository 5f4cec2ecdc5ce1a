"""Timelines of every length and rate: exact rates, and of each moment the frame that is shown then."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sora_core.video.timeline import HALF, Timeline, exact_rate, frames_in

RATES = [Fraction(rate) for rate in (1, 5, 8, 12, 15, 16, 24, 25, 30, 48, 50, 60, 75, 100, 119, 120, 144, 240)]
RATES += [Fraction(rate * 1000, 1001) for rate in (12, 15, 24, 30, 48, 60, 120, 240)]
LENGTHS = range(1, 401)
MODELS = [Fraction(rate) for rate in (8, 24, 25)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (29.97, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (30000 / 1001, Fraction(30000, 1001)),
        (8.0, 8),
        (12.5, Fraction(25, 2)),
        (29.9, Fraction(299, 10)),
        (0.01, Fraction(1, 100)),
    ],
)
def test_the_rate_that_people_write_is_the_one_that_they_mean(written, meant):
    assert exact_rate(written) == meant


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(fps):
    with pytest.raises(ValueError, match="expected fps > 0"):
        exact_rate(fps)


def test_a_timeline_without_frames_is_refused():
    with pytest.raises(ValueError, match="got 0 frames, expected at least 1"):
        Timeline(0, Fraction(8))


@pytest.mark.parametrize("same_end", [False, True])
@pytest.mark.parametrize("rate", RATES, ids=str)
def test_each_frame_of_another_rate_is_the_one_shown_at_its_time_within_half_a_frame(rate, same_end):
    for frames in LENGTHS:
        source = Timeline(frames, rate)
        for model in MODELS:
            made = source.at(model, same_end=same_end)
            assert (made.end == source.end) if same_end else (made.begin == source.begin)
            assert abs(made.frames / model - frames / rate) <= max(HALF / model, 1 / model - frames / rate)
            for frame in {0, made.frames // 3, made.frames - 1}:
                shown, moment = source.shown_at(made.middle(frame)), made.middle(frame)
                if source.begin <= moment <= source.end:
                    assert abs(source.middle(shown) - moment) <= HALF / rate
                else:  # of a clip that is shorter than half a frame of the other rate
                    assert made.frames == 1


def test_the_same_rate_shows_every_frame_once():
    for frames in (1, 2, 400):
        timeline = Timeline(frames, Fraction(30000, 1001))
        assert timeline.shown_in(timeline.at(timeline.rate, same_end=True)).tolist() == [*range(frames)]


def test_62_frames_at_24_fps_are_21_at_8_fps_that_end_with_them():
    source = Timeline(62, Fraction(24))
    made = source.at(Fraction(8), same_end=True)
    assert (made.frames, made.begin) == (21, Fraction(-1, 24))
    assert source.shown_in(made).tolist() == [*range(0, 62, 3)]
    assert source.shown_in(source.at(Fraction(8))).tolist() == [*range(1, 62, 3)]


def test_a_part_stays_where_it_is():
    part = Timeline(30, Fraction(10), Fraction(2)).part(10, 25)
    assert (part.frames, part.begin, part.end) == (15, 3, Fraction(9, 2))
    assert part.starting(Fraction(0)).end == part.ending(Fraction(3, 2)).end == Fraction(3, 2)


def test_seconds_are_the_nearest_number_of_frames():
    assert [frames_in(Fraction(tenths, 10), Fraction(10)) for tenths in (0, 1, 12)] == [0, 1, 12]
    assert frames_in(Fraction(1, 3), Fraction(8)) == 3


def test_the_first_frame_from_a_moment_is_the_one_whose_middle_is_not_before_it():
    line = Timeline(10, Fraction(24), Fraction(1))
    for frame in (-3, 0, 9, 14):
        assert line.first_from(line.middle(frame)) == frame
        assert line.first_from(line.middle(frame) + Fraction(1, 10**9)) == frame + 1
