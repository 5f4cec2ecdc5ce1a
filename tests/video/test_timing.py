"""Times of frames: what is a constant rate, and which frame each moment shows where there is none."""

import pytest

from sora_core.video.timing import MAX_GROWTH, timing_of

MILLISECOND = 0.001


def of(times, declared=None, last=0, tick=MILLISECOND):
    return timing_of(times, tick, declared, last)


@pytest.mark.parametrize("fps", [8, 10, 23.976, 24, 25, 29.97, 30, 60, 120])
@pytest.mark.parametrize("rounded", [round, int])
@pytest.mark.parametrize("frames", [1, 2, 3, 8, 2000])
def test_rounding_is_no_variable_rate_and_the_header_holds(fps, rounded, frames):
    times = [rounded(1000 * index / fps) for index in range(frames)]
    assert of(times, declared=fps) == (fps, None, True)
    assert of([time + 700 for time in times], declared=fps) == (fps, None, True)


def test_a_rate_that_the_ticks_cannot_hold_is_constant():
    times = [round(30 * index / 24) for index in range(48)]  # 24 frames per second in ticks of 1/30 s
    assert of(times, declared=24.0, tick=1 / 30) == (24.0, None, True)


def test_each_moment_shows_the_frame_that_is_shown_then():
    timing = of([0, 100, 200, 500, 600, 1100])
    assert timing == (10.0, [1, 1, 3, 1, 5, 1], True)
    assert timing.frames == 12


def test_times_that_do_not_start_at_0_or_come_in_another_order_change_nothing():
    assert of([8600, 7500, 7600, 8100, 7700, 8000]) == of([0, 100, 200, 500, 600, 1100])


def test_the_last_frame_stays_for_as_long_as_the_file_says():
    assert of([0, 100, 300, 400], last=500).repeats == [1, 2, 1, 5]
    assert of([0, 100, 300, 400], last=5).repeats == [1, 2, 1, 1]  # but for one frame at least


def test_one_frame_that_was_dropped_is_held_and_shifts_nothing():
    times = [100 * index for index in range(20) if index != 9]
    assert of(times, declared=10.0) == (10.0, [1] * 8 + [2] + [1] * 10, True)


def test_the_rate_is_that_of_the_dense_part():
    slow, fast = [200 * index for index in range(10)], [2000 + 40 * index for index in range(20)]
    timing = of([*slow, *fast])
    assert timing.fps == 25.0
    assert timing.repeats == [5] * 10 + [1] * 20


def test_long_pauses_do_not_grow_without_bound():
    timing = of([0, 10, 20, 3_600_000, 3_600_010])
    assert timing.frames <= 5 * MAX_GROWTH + 1
    assert timing.repeats[2] >= timing.frames - 3  # the frame of the pause


def test_even_times_win_over_a_header_that_contradicts_them():
    assert of([0, 100, 200, 300], declared=30.0) == (10.0, None, True)
    assert of([0, 33, 67, 100], declared=None).fps == 30.0


@pytest.mark.parametrize("times", [[None, None], [0, None, 200]])
def test_frames_without_times_come_at_the_rate_of_the_header(times):
    assert of(times, declared=25.0) == (25.0, None, False)


def test_one_frame_or_one_time_has_the_rate_of_the_header():
    assert of([500], declared=25.0) == (25.0, None, True)
    assert of([500, 500], declared=25.0) == (25.0, None, True)
    assert of([500]).fps is None
    assert of([], declared=25.0) == (25.0, None, True)
