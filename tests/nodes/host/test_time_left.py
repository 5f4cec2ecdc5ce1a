"""The time that is left, on a clock that the tests move, and the line that shows it."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack


class Clock:
    """A clock that stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def follow(clock):
    """follow(work, total) -> a TimeLeft on the clock."""
    module = import_from_pack("nodes.host.time_left")
    return lambda work, total: module.TimeLeft(work, total, clock)


@pytest.fixture
def work():
    return import_from_pack("nodes.host.time_left")


def after(left, clock, *steps):
    """Let (seconds, done) pass; what is left then."""
    for seconds, done in steps:
        clock.now += seconds
        left.update(done)
    return left.seconds()


def test_nothing_is_said_before_a_second_update_and_then_the_rest_at_that_pace(follow, work, clock):
    left = follow(work.sampling(1), 10)
    assert after(left, clock, (0, 0), (50, 1)) is None
    assert after(left, clock, (2, 2)) == pytest.approx(16)
    assert after(left, clock, (2, 3), (2, 4)) == pytest.approx(12)


def test_a_first_step_that_compiles_for_minutes_does_not_count(follow, work, clock):
    left = follow(work.sampling(1), 20)
    assert after(left, clock, (300, 1), (1, 2)) == pytest.approx(18)


def test_slow_steps_in_the_beginning_are_forgotten(follow, work, clock):
    left = follow(work.DECODING, 200)
    slow = [(10, done) for done in range(1, 6)]
    fast = [(1, done) for done in range(6, 6 + work.RECENT)]
    assert after(left, clock, *slow, *fast) == pytest.approx(200 - 5 - work.RECENT)


def test_one_step_that_is_skipped_or_slow_moves_it_little(follow, work, clock):
    left = follow(work.sampling(1), 100)
    even = after(left, clock, *[(1, done) for done in range(1, 31)])
    assert after(left, clock, (5, 31)) == pytest.approx((even - 1) * 34 / 30)


def test_chunks_of_other_lengths_count_by_their_frames(follow, work, clock):
    left = follow(work.DECODING, 17)
    assert after(left, clock, (9, 1), (4, 5), (8, 13)) == pytest.approx(4)


def test_polls_without_progress_change_nothing(follow, work, clock):
    left = follow(work.DECODING, 10)
    before = after(left, clock, (1, 1), (1, 2))
    assert after(left, clock, (60, 2)) == before


def test_work_that_begins_again_is_measured_again(follow, work, clock):
    left = follow(work.ENCODING, 100)
    after(left, clock, (1, 10), (1, 50))
    assert after(left, clock, (30, 4)) is None
    assert after(left, clock, (4, 8)) == pytest.approx(92)


def test_it_never_falls_below_zero(follow, work, clock):
    assert after(follow(work.DECODING, 5), clock, (1, 1), (1, 9)) == 0


def test_the_line_says_what_where_and_how_long(follow, work, clock):
    left = follow(work.DECODING, 240)
    assert left.text() == "Decoding: 0 of 240 frames"
    after(left, clock, (3, 1), (47, 48))
    assert left.text() == "Decoding: 48 of 240 frames, 3:12 left"
    after(left, clock, (25, 240))
    assert left.text() == "Decoding: 240 frames in 1:15"


@pytest.mark.parametrize(("done", "window"), [(1, 1), (10, 1), (11, 2), (20, 2), (21, 3), (89, 9)])
def test_of_a_sampler_in_windows_it_says_the_window(follow, work, clock, done, window):
    left = follow(work.sampling(9), 90)
    after(left, clock, (1, done))
    assert left.text() == f"Sampling: window {window} of 9"
    assert left.after_bar() == f", window {window} of 9"


def test_beside_a_bar_that_counts_only_the_rest_is_said(follow, work, clock):
    left = follow(work.sampling(1), 30)
    assert left.after_bar() == ""
    after(left, clock, (1, 1), (2, 2))
    assert left.after_bar() == ", 0:56 left"


def test_one_is_not_many(follow, work, clock):
    left = follow(work.EXPANDING, 1)
    after(left, clock, (3, 0))
    assert left.text() == "Expanding: 0:03 so far"
    after(left, clock, (4, 1))
    assert left.text() == "Expanding: 1 prompt in 0:07"


def test_no_line_is_longer_than_a_node_is_wide(follow, work, clock):
    for total, kind in ((10**6, work.ENCODING), (10**6, work.sampling(99_999)), (10**6, work.sampling(1))):
        left = follow(kind, total)
        after(left, clock, (1, 1), (360_000, total - 1))
        assert len(left.text()) < 60
        after(left, clock, (360_000, total))
        assert len(left.text()) < 60


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (59.6, "1:00"), (80, "1:20"), (7390, "2:03:10")])
def test_times_are_written_as_on_a_clock(work, seconds, shown):
    assert work.clock_time(seconds) == shown
