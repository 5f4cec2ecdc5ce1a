"""Sound latents along time: their number, when each begins, which are known, and what their levels follow."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from sora_core.canvas.sound_grid import SoundCuts, SoundGrid
from sora_core.canvas.time_grid import CausalGrid

LTX = SoundGrid(channels=8, rows=16, time_last=False, rate=25.0, lead=0.75)
H3 = SoundGrid(channels=32, rows=2, time_last=True, rate=40.0, fps=24.0)


def spans(*edges: float) -> list[tuple[float, float]]:
    """Latent frames that follow one another."""
    return list(pairwise(edges))


@pytest.mark.parametrize(
    ("grid", "frames", "fps", "length"),
    [(LTX, 97, 25, 97), (LTX, 121, 24, 126), (LTX, 1, 25, 1), (H3, 124, 24, 207), (H3, 5, 24, 8), (H3, 362, 24, 603)],
)
def test_a_clip_has_as_many_latents_of_sound_as_in_the_host(grid, frames, fps, length):
    assert grid.length(frames / fps) == length


def test_even_nothing_has_one_latent():
    assert LTX.length(0) == 1


def test_shapes_have_time_where_the_family_has_it():
    assert LTX.shape(2, 97) == (2, 8, 97, 16)
    assert H3.shape(1, 207) == (1, 32, 2, 207)
    assert LTX.fits(torch.zeros(1, 8, 3, 16))
    assert not LTX.fits(torch.zeros(1, 32, 2, 16))
    assert not LTX.fits(torch.zeros(1, 8, 3, 16, 1))
    assert H3.fits(torch.zeros(1, 32, 2, 5))


def test_a_causal_encoder_s_first_latent_is_a_quarter_as_long():
    assert [LTX.start(latent) for latent in range(4)] == pytest.approx([0, 0.01, 0.05, 0.09])
    assert [H3.start(latent) for latent in range(3)] == pytest.approx([0, 0.025, 0.05])


@pytest.mark.parametrize(
    ("grid", "begin", "end", "known"),
    [
        (LTX, 0.0, 1.0, range(25)),
        (LTX, 0.0, 0.97, range(25)),
        (LTX, 0.0, 0.96, range(24)),
        (LTX, 1.0, 2.0, range(26, 50)),
        (LTX, 0.01, 0.05, range(1, 2)),
        (H3, 0.0, 1.0, range(40)),
        (H3, 0.51, 1.0, range(21, 40)),
        (H3, 0.5, 0.51, range(20, 20)),
    ],
)
def test_latents_inside_a_time_lie_wholly_in_it(grid, begin, end, known):
    assert grid.inside(begin, end) == known
    for latent in known:
        assert grid.start(latent) >= begin - 1e-9
        assert grid.start(latent + 1) <= end + 1e-9


def test_sound_is_invented_where_the_whole_picture_is():
    picture = torch.ones(1, 1, 4, 2, 2)
    picture[:, :, 0] = 0  # known
    picture[:, :, 1, 0] = 0  # known in part
    picture[:, :, 2] = 0.4
    levels = H3.levels(picture, spans(0, 0.05, 0.1, 0.15, 0.2), 8)
    assert levels.tolist() == [pytest.approx([0, 0, 0, 0, 0.4, 0.4, 1, 1])]


def test_sound_across_two_frames_takes_the_higher_level():
    picture = torch.tensor([0.0, 1.0]).view(1, 1, 2, 1, 1)
    assert H3.levels(picture, spans(0, 0.04, 0.1), 4).tolist() == [[0, 1, 1, 1]]


def test_sound_after_the_last_frame_follows_it():
    picture = torch.tensor([1.0, 0.0]).view(1, 1, 2, 1, 1)
    assert H3.levels(picture, spans(0, 0.025, 0.045), 3).tolist() == [[1, 0, 0]]


def test_each_clip_of_a_batch_has_its_own_levels():
    picture = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1, 1)
    assert H3.levels(picture, spans(0, 0.05), 2).tolist() == [[0, 0], [1, 1]]


def test_sound_of_frames_that_a_vae_does_not_tell_apart_takes_the_highest_level():
    picture = torch.tensor([0.0, 1.0, 0.0]).view(1, 1, 3, 1, 1)
    assert H3.levels(picture, [(0, 0.05), (0, 0.05), (0.05, 0.1)], 4).tolist() == [[1, 1, 0, 0]]


def test_spans_of_another_number_are_refused():
    with pytest.raises(ValueError, match="got 1 spans for 2 latent frames, expected as many"):
        H3.levels(torch.zeros(1, 1, 2, 1, 1), spans(0, 1), 2)


@pytest.mark.parametrize("grid", [LTX, H3])
def test_values_along_time_are_spread_over_the_rows(grid):
    values = torch.tensor([[0.0, 0.5, 1.0]])
    spread = grid.along_time(values)
    assert tuple(spread.shape) == (1, 1, *grid.shape(1, 3)[2:])
    assert torch.equal(spread.select(5 - grid.axis, 0)[:, 0], values)
    assert torch.equal(spread.select(5 - grid.axis, 1), spread.select(5 - grid.axis, 0))


@pytest.mark.parametrize("given", [{"channels": 0}, {"rate": 0.0}, {"rate": float("inf")}, {"lead": 1.0}])
def test_sizes_out_of_range_are_refused(given):
    with pytest.raises(ValueError, match="sound"):
        SoundGrid(**{"channels": 8, "rows": 16, "time_last": False, "rate": 25.0, **given})


@pytest.mark.parametrize(
    ("time", "frames", "length", "window", "heard"),
    [
        (CausalGrid(8), 8, 57, range(5), slice(0, 33)),  # 25 frames and latents a second: as many
        (CausalGrid(8), 8, 57, range(3, 8), slice(24, 57)),  # the window's first frame is the last of its latent frame
        (CausalGrid(8), 8, 119, range(3, 8), slice(50, 119)),  # 12 frames a second, rounded
        (CausalGrid(4), 3, 1, range(1, 3), slice(0, 1)),  # a latent of sound is longer than the clip
        (CausalGrid(4), 5, 2, range(3), slice(0, 1)),
    ],
)
def test_a_window_has_the_sound_of_the_clip_that_it_is_to_the_model(time, frames, length, window, heard):
    assert SoundCuts(SoundGrid(8, 16, False, 25.0), time, frames, length).of(window) == heard
