"""Shares of prompts that follow each other: whole ones off the crossfade, the mean of its frames in a latent frame."""

from __future__ import annotations

import pytest
import torch

from sora_core.canvas.stretches import parse_stretches, stretch_shares
from sora_core.canvas.time_grid import CausalGrid

GRID = CausalGrid(4)


def test_each_latent_frame_sees_the_prompt_of_its_moment():
    shares = stretch_shares([0, 9], 17, GRID)
    assert shares.tolist() == [[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]


def test_a_latent_frame_on_a_border_sees_both_by_its_frames():
    shares = stretch_shares([0, 4], 9, GRID)  # frames 1 to 4 are latent frame 1, of which one belongs to the second
    assert shares.tolist() == [[1, 0.75, 0], [0, 0.25, 1]]


def test_a_crossfade_rises_evenly_around_the_border():
    by_frame = stretch_shares([0, 4], 8, CausalGrid(1), crossfade=4)
    assert by_frame[1].tolist() == [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]
    assert torch.equal(by_frame[0], 1 - by_frame[1])


@pytest.mark.parametrize("crossfade", [0, 3, 9, 17])
def test_shares_of_many_short_stretches_sum_to_one(crossfade):
    shares = stretch_shares([0, 2, 3, 8, 15], 17, GRID, crossfade)
    assert shares.shape == (5, 5)
    assert (shares >= 0).all()
    torch.testing.assert_close(shares.sum(dim=0), torch.ones(5))


@pytest.mark.parametrize("begins", [[], [1], [0, 0], [0, 5, 3], [0, 17]])
def test_stretches_that_do_not_follow_each_other_are_refused(begins):
    with pytest.raises(ValueError, match="expected 0 first and then rising below 17"):
        stretch_shares(begins, 17, GRID)


@pytest.mark.parametrize("crossfade", [-1, 18, float("nan")])
def test_a_crossfade_that_is_none_is_refused(crossfade):
    with pytest.raises(ValueError, match="expected 0 to 17"):
        stretch_shares([0], 17, GRID, crossfade)


def test_prompts_are_written_a_line_each_after_their_time():
    text = "a red circle\n  moves right\n\n1.5: a blue circle\n 2s : pixel game: a player\n16:9 film"
    assert parse_stretches(text) == [
        (0.0, "a red circle moves right"),
        (1.5, "a blue circle"),
        (2.0, "pixel game: a player 16:9 film"),
    ]
    assert parse_stretches("0: \n a late prompt") == [(0.0, "a late prompt")]
    assert parse_stretches("pixel game: a player jumps") == [(0.0, "pixel game: a player jumps")]


@pytest.mark.parametrize(
    "second", ["1.5:b", "1.5s:b", "1.5 sec: b", "1.5 seconds : b", "1.5\uff1ab", "\t1.5\u79d2\uff1a b"]
)
def test_times_are_read_as_people_write_them(second):
    assert parse_stretches(f"\ufeff0: a\r\n{second}\r\n") == [(0.0, "a"), (1.5, "b")]


@pytest.mark.parametrize("time", ["1:30", "-1", "1,5", ".5", "0-2", "0s - 2s", "1e3", "12345678", "00:01.500"])
def test_a_time_that_is_not_seconds_is_refused_and_not_taken_for_words(time):
    with pytest.raises(ValueError, match=f"got the time {time}, expected seconds such as"):
        parse_stretches(f"0: a\n{time}: b")


def test_moments_without_a_colon_after_them_are_refused_and_ratios_are_words():
    with pytest.raises(ValueError, match="got the time 0:00, expected seconds"):
        parse_stretches("0:00 a\n0:02 b")
    assert parse_stretches("a\n16:9 film, 9:16\n2 dogs: one runs\n16\uff1a9") == [
        (0.0, "a 16:9 film, 9:16 2 dogs: one runs 16\uff1a9")
    ]


def test_a_long_line_of_blanks_is_read_at_once():
    blanks = " " * 200_000
    assert parse_stretches(f"0: a\n1{blanks}x") == [(0.0, f"a 1{blanks}x")]


@pytest.mark.parametrize("text", ["", " \n\n", "1: a", "0: a\n2: b\n1: c", "0: a\n1:", "0:"])
def test_prompts_that_are_not_written_so_are_refused(text):
    with pytest.raises(ValueError, match="expected"):
        parse_stretches(text)
