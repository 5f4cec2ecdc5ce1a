"""What the DiT is trained on: canvases with a level per place, and the loss on them."""

import pytest
import torch

from sora_core.train.objective import (
    EARLY,
    LATE,
    between_canvas,
    flow_loss,
    known_frames,
    region_canvas,
    training_canvas,
    window_canvas,
)


def test_canvases_mix_one_level_levels_per_frame_and_known_frames() -> None:
    canvas = training_canvas(torch.zeros(4000, 1, 5, 1, 1), LATE, torch.Generator().manual_seed(0))
    levels = canvas.noise_level[:, 0, :, 0, 0]  # [B T]
    known = levels == 0
    uniform = (levels == levels[:, :1]).all(dim=1)
    assert not known.all(dim=1).any()
    assert 0.59 < uniform.float().mean() < 0.66
    assert 0.18 < known.any(dim=1).float().mean() < 0.24  # 0.7 of the 0.3; the others are slightly noisy
    assert 0.74 < levels[uniform].mean() < 0.82  # shifted towards noise, most of them


@pytest.mark.parametrize("frames", [2, 3, 9])
def test_known_frames_are_one_a_beginning_an_end_both_ends_or_some(frames: int) -> None:
    known = known_frames(8000, frames, torch.Generator().manual_seed(0))  # [B T]
    assert known.any(1).all()
    assert not known.all(1).any()
    pieces = (known[:, 1:] != known[:, :-1]).sum(1)  # borders between known and open
    begins, ends = known[:, 0], known[:, -1]
    assert (known.sum(1) == 1).float().mean() > 0.25
    assert 0.12 < (begins & (known.sum(1) == 1)).float().mean() < 0.5 + (frames == 2)
    assert (begins & ~ends & (pieces == 1)).float().mean() > 0.1
    assert (ends & ~begins & (pieces == 1)).float().mean() > 0.1
    assert frames == 2 or (begins & ends & (pieces == 2)).float().mean() > 0.07
    assert frames < 9 or (pieces > 2).float().mean() > 0.05


@pytest.mark.parametrize("grid", [(5, 8, 8), (9, 6, 10), (1, 7, 5)])
def test_regions_are_whole_patches_of_which_some_are_known_and_some_open(grid: tuple[int, int, int]) -> None:
    canvas = region_canvas(torch.zeros(500, 2, *grid), (1, 2, 2), torch.Generator().manual_seed(0))
    level = canvas.noise_level[:, 0]  # [B T H W]
    rows = level[:, :, 0::2][:, :, : grid[1] // 2], level[:, :, 1::2]
    columns = level[..., 0::2][..., : grid[2] // 2], level[..., 1::2]
    assert torch.equal(*rows)
    assert torch.equal(*columns)
    flat = level.flatten(1)
    assert (flat != flat[:, :1]).any(1).all()  # never one level everywhere
    assert 0.6 < (flat == 0).any(1).float().mean() < 0.8
    assert grid[0] == 1 or 0.3 < (level != level[:, :1]).flatten(1).any(1).float().mean() < 0.6


def test_a_window_begins_with_what_is_known_and_its_levels_stay_or_rise() -> None:
    canvas = window_canvas(torch.zeros(2000, 1, 6, 1, 1), torch.Generator().manual_seed(0))
    levels = canvas.noise_level[:, 0, :, 0, 0]  # [B T]
    assert 0.65 < (levels[:, 0] == 0).float().mean() < 0.75  # the others see what is known a little noised
    assert (levels[:, 0] <= 0.2).all()
    assert (levels[:, -1] > levels[:, 0]).float().mean() > 0.99
    known = levels == levels[:, :1]
    assert (known.sum(dim=1).unique() == torch.arange(1, 6)).all()
    rising = torch.stack([row[~held].diff().gt(0).any() for row, held in zip(levels, known, strict=True)])
    assert 0.3 < rising.float().mean() < 0.5  # half of those with more than one open frame
    assert (levels[known.sum(dim=1) == 1][:, 1:].diff(dim=1) >= 0).all()


def test_between_two_clips_all_that_is_open_has_one_level() -> None:
    canvas = between_canvas(torch.zeros(2, 1, 5, 2, 2), [range(1, 3), range(2, 4)], torch.Generator().manual_seed(1))
    first, second = canvas.noise_level[:, 0, :, 0, 0]
    assert first.tolist() == [first[0], first[1], first[1], first[0], first[0]]
    assert second.tolist() == [second[0], second[0], second[2], second[2], second[0]]
    assert first[0] <= 0.2 < first[1]


def test_the_loss_is_zero_for_the_true_velocity_and_blind_to_known_frames() -> None:
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(64, 2, 4, 2, 2, generator=generator)
    canvas = training_canvas(latents, EARLY, generator)
    noise = torch.randn(latents.shape, generator=generator)
    velocity = noise - latents
    assert flow_loss(velocity, noise, canvas) == 0
    wrong_where_known = velocity + (canvas.noise_level == 0) * 100.0
    assert flow_loss(wrong_where_known, noise, canvas) == 0
    assert flow_loss(velocity + 1, noise, canvas) == pytest.approx(1.0, rel=1e-5)
