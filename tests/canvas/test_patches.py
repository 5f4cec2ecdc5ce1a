"""Patches: what goes in comes out, in the order (t h w), on any grid."""

from __future__ import annotations

import pytest
import torch

from sora_core.canvas.patches import grid_shape, pad_to_patch, patchify, per_cell, positions, unpatchify


@pytest.mark.parametrize("patch", [(1, 2, 2), (1, 1, 1), (2, 3, 4)])
def test_unpatchify_inverts_patchify(patch: tuple[int, int, int]) -> None:
    latents = torch.randn(2, 3, 4, 6, 8)
    restored = unpatchify(patchify(latents, patch), grid_shape(latents, patch), patch)
    assert torch.equal(restored, latents)


@pytest.mark.parametrize("size", [(1, 1, 1), (5, 7, 9), (3, 2, 5)])
@pytest.mark.parametrize("patch", [(1, 2, 2), (2, 4, 3)])
def test_a_padded_grid_returns_the_original_inside(size: tuple[int, int, int], patch: tuple[int, int, int]) -> None:
    latents = torch.randn(1, 2, *size)
    t, h, w = size
    restored = unpatchify(patchify(latents, patch), grid_shape(latents, patch), patch)
    assert torch.equal(restored[:, :, :t, :h, :w], latents)


def test_tokens_run_over_width_then_height_then_time() -> None:
    cells = torch.arange(2 * 4 * 4.0).view(1, 1, 2, 4, 4)
    tokens = patchify(cells, (1, 2, 2))
    assert tokens.shape == (1, 8, 4)
    assert tokens[0, 0].tolist() == [0, 1, 4, 5]
    assert tokens[0, 1].tolist() == [2, 3, 6, 7]
    assert tokens[0, 2].tolist() == [8, 9, 12, 13]
    assert tokens[0, 4].tolist() == [16, 17, 20, 21]


def test_channels_vary_fastest_within_a_token() -> None:
    latents = torch.tensor([[0.0, 1.0], [10.0, 11.0]]).view(1, 2, 1, 1, 2)
    assert patchify(latents, (1, 1, 2)).flatten().tolist() == [0, 10, 1, 11]


def test_padding_wraps_around() -> None:
    padded = pad_to_patch(torch.arange(3.0).view(1, 1, 1, 1, 3), (1, 1, 5))
    assert padded.flatten().tolist() == [0, 1, 2, 0, 1]


def test_padding_leaves_whole_grids_alone() -> None:
    latents = torch.randn(1, 2, 3, 4, 6)
    assert pad_to_patch(latents, (1, 2, 2)) is latents


@pytest.mark.parametrize("groups", [1, 2, 12], ids=["one", "frames", "patches"])
def test_every_cell_of_a_patch_gets_its_value(groups: int) -> None:
    values = torch.arange(2.0 * groups).view(2, groups)
    cells = per_cell(values, (2, 2, 3), (1, 2, 2))
    assert cells.shape == (2, 1, 2, 4, 6)
    expected = values.repeat_interleave(12 // groups, dim=1)[..., None].expand(-1, -1, 4)
    assert torch.equal(patchify(cells, (1, 2, 2)), expected)


def test_positions_follow_the_order_of_tokens() -> None:
    grid = (2, 3, 4)
    index = torch.stack(torch.meshgrid(*(torch.arange(n) for n in grid), indexing="ij")).unsqueeze(0)
    assert torch.equal(positions(grid), patchify(index, (1, 1, 1))[0].float())


def test_positions_of_one_patch_are_the_origin() -> None:
    assert positions((1, 1, 1)).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (1, 1, 0, 4, 4)])
def test_latents_of_another_rank_or_without_cells_are_rejected(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected latents \[B C T H W\]"):
        grid_shape(torch.zeros(shape), (1, 2, 2))


def test_tokens_that_do_not_fit_the_grid_are_rejected() -> None:
    with pytest.raises(ValueError, match=r"expected tokens \[B 8 D\].*\(1, 7, 4\)"):
        unpatchify(torch.zeros(1, 7, 4), (2, 2, 2), (1, 2, 2))
