"""Levels over steps, and schedules over places."""

import math

import pytest
import torch

from sora_core.diffusion.schedule import model_level, noise_schedule, shift_level, shifted_sigmas


def test_shift_values_by_hand():
    levels = shift_level(torch.tensor([0.0, 0.25, 0.5, 1.0]), 3.0)
    torch.testing.assert_close(levels, torch.tensor([0.0, 0.5, 0.75, 1.0]))


def test_shift_of_one_changes_nothing():
    levels = torch.linspace(0, 1, 11)
    assert torch.equal(shift_level(levels, 1.0), levels)


@pytest.mark.parametrize("shift", [0.0, -1.0, math.inf, math.nan])
def test_shift_must_be_finite_and_positive(shift):
    with pytest.raises(ValueError, match="shift"):
        shift_level(torch.ones(1), shift)


def test_shifted_levels_fall_from_one_to_zero():
    levels = shifted_sigmas(4, 3.0)
    torch.testing.assert_close(levels, torch.tensor([1.0, 0.9, 0.75, 0.5, 0.0]))


def test_steps_below_one_are_rejected():
    with pytest.raises(ValueError, match="steps"):
        shifted_sigmas(0)


def test_a_uniform_canvas_gives_one_level_per_clip():
    schedule = noise_schedule(shifted_sigmas(4), torch.ones(2, 1, 3, 4, 6), (1, 2, 2))
    assert schedule.shape == (5, 2, 1, 1, 1, 1)
    assert schedule[:, 0].flatten().tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert model_level(schedule[1], torch.empty(2, 16, 3, 4, 6), (1, 2, 2)).tolist() == [0.75, 0.75]


def test_levels_that_differ_by_frame_give_one_level_per_frame():
    noise_level = torch.ones(2, 1, 3, 4, 6)
    noise_level[:, :, 0] = 0
    schedule = noise_schedule(shifted_sigmas(4), noise_level, (1, 2, 2))
    assert schedule.shape == (5, 2, 1, 3, 1, 1)
    level = model_level(schedule[1], torch.empty(2, 16, 3, 4, 6), (1, 2, 2))
    assert level.tolist() == [[0.0, 0.75, 0.75]] * 2


def test_levels_that_differ_in_space_give_one_level_per_patch_of_the_padded_grid():
    noise_level = torch.zeros(1, 1, 2, 3, 5)
    noise_level[:, :, 1, 2, 4] = 1
    schedule = noise_schedule(shifted_sigmas(2), noise_level, (1, 2, 2))
    assert schedule.shape == (3, 1, 1, 2, 3, 5)
    level = model_level(schedule[0], torch.empty(1, 16, 2, 3, 5), (1, 2, 2))
    assert level.tolist() == [[0.0] * 11 + [1.0]]


def test_a_patch_takes_its_highest_level_as_a_whole():
    noise_level = torch.zeros(1, 1, 1, 4, 4)
    noise_level[..., 0, 0] = 0.5
    schedule = noise_schedule(shifted_sigmas(2), noise_level, (1, 2, 2))
    assert schedule[0, 0, 0, 0].tolist() == [[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_a_row_that_broadcasts_over_frames_is_repeated_for_each():
    row = torch.zeros(1, 1, 1, 2, 4)
    row[..., 2:] = 1
    assert model_level(row, torch.empty(2, 16, 3, 2, 4), (1, 2, 2)).tolist() == [[0.0, 1.0] * 3] * 2


def test_a_fraction_starts_there_and_then_follows_the_levels():
    noise_level = torch.ones(1, 1, 2, 2, 2)
    noise_level[:, :, 1] = 0.6
    schedule = noise_schedule(shifted_sigmas(4), noise_level, (1, 2, 2))
    torch.testing.assert_close(schedule[:, 0, 0, 1].flatten(), torch.tensor([0.6, 0.6, 0.5, 0.25, 0.0]))


def test_steps_in_which_nothing_moves_are_left_out():
    schedule = noise_schedule(shifted_sigmas(10), torch.full((1, 1, 2, 2, 2), 0.35), (1, 2, 2))
    torch.testing.assert_close(schedule.flatten(), torch.tensor([0.35, 0.3, 0.2, 0.1, 0.0]))


def test_a_canvas_that_is_all_known_keeps_one_step():
    schedule = noise_schedule(shifted_sigmas(10), torch.zeros(1, 1, 2, 2, 2), (1, 2, 2))
    assert schedule.flatten().tolist() == [0.0, 0.0]


@pytest.mark.parametrize("levels", [[1.0], [0.0, 1.0], [1.5, 0.0], [1.0, -0.1], [1.0, math.nan]])
def test_levels_that_do_not_fall_from_one_to_zero_are_rejected(levels):
    with pytest.raises(ValueError, match="sigmas"):
        noise_schedule(torch.tensor(levels), torch.ones(1, 1, 1, 2, 2))
