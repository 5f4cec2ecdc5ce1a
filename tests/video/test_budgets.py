"""Budgets: what a small file may ask for, told before it is made."""

import pytest

from sora_core.video import budgets
from sora_core.video.budgets import (
    MAX_PIXELS,
    MAX_REPEATED,
    MAX_SILENCE,
    check_memory,
    check_repeats,
    check_silence,
    check_size,
    check_sound,
)


def test_frames_that_people_have_are_within_the_budget():
    for size in ((1, 1), (48, 64), (2160, 4096), (4320, 7680)):
        check_size(*size)
    check_repeats(36_000, 36_000)  # ten minutes at 60 fps
    check_repeats(1_200, 10)  # ten pictures of a slide show, five seconds each, at 24 fps


@pytest.mark.parametrize("size", [(16384, 16384), (1, 100_000), (100_000, 1)])
def test_a_frame_that_nobody_means_is_refused_with_its_size(size):
    with pytest.raises(ValueError, match=rf"{size[1]}x{size[0]} pixels, and at most {MAX_PIXELS:,} are read"):
        check_size(*size)


def test_a_frame_of_nothing_is_refused():
    with pytest.raises(ValueError, match="0x48 pixels"):
        check_size(48, 0)


def test_a_few_frames_that_would_be_repeated_for_hours_are_refused_with_both_numbers():
    check_repeats(MAX_REPEATED, 9)
    with pytest.raises(ValueError, match=r"got a clip of 9 frames that last as long as 72,000 at this rate"):
        check_repeats(72_000, 9)


def test_a_clip_that_does_not_fit_into_free_memory_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(budgets, "free_memory", lambda: 10**9)
    check_memory(100, 480, 640)
    with pytest.raises(ValueError, match=r"got 1,000 frames of 640x480, which take 3\.7 GB of memory, and 1\.0 GB"):
        check_memory(1000, 480, 640)


def test_where_the_system_does_not_say_what_is_free_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(budgets, "free_memory", lambda: None)
    check_memory(10**9, 480, 640)
    check_sound(10**12, 2)


def test_sound_that_does_not_fit_into_free_memory_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(budgets, "free_memory", lambda: 10**9)
    check_sound(48_000 * 600, 2)
    with pytest.raises(ValueError, match=r"sound has 172,800,000 samples of 2 channels, which take 2\.8 GB of memory"):
        check_sound(48_000 * 3600, 2)


def test_silence_that_nobody_means_is_refused_with_its_length():
    check_silence(MAX_SILENCE)
    with pytest.raises(ValueError, match="its sound is silent for 360,000 s before it goes on, and at most 3,600"):
        check_silence(360_000)
