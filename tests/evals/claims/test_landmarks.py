"""Landmarks are found where they are, also when they have moved by a known distance, and not in another picture."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.claims.landmarks import Found, find, half_patch, landmarks_at, parallax_order, texture
from sora_core.evals.claims.three_d import moving_scene
from sora_core.world.solids import render
from sora_core.world.solids.scenes import Scene

VIDEO = VideoShape(2, 128, 128)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return moving_scene(random.Random(1))


@pytest.fixture(scope="module")
def picture(scene: Scene) -> torch.Tensor:
    return render([scene], VIDEO, 8.0)[0, :, 0]


def test_a_landmark_is_found_where_it_is_and_where_it_was_moved_to(scene: Scene, picture: torch.Tensor) -> None:
    marks = landmarks_at(scene, picture, 0.0)
    assert len(marks.points) >= 4
    assert (marks.points[:, 1] == 0).all()
    same = find(picture, picture, marks.pixels)
    assert same.there.all()
    assert same.offsets.abs().max() < 0.6
    moved = find(torch.roll(picture, (3, -4), (1, 2)), picture, marks.pixels)
    assert moved.there.float().mean() > 0.7
    assert (moved.offsets[moved.there].median(dim=0).values - torch.tensor([3.0, -4.0])).abs().max() < 0.3


def test_noise_has_no_landmark(scene: Scene, picture: torch.Tensor) -> None:
    noise = torch.rand(picture.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert not find(noise, picture, landmarks_at(scene, picture, 0.0).pixels).there.any()


def test_landmarks_have_texture_and_room() -> None:
    flat = torch.zeros(3, 64, 64)
    flat[:, :, 32:] = 1
    spread = texture(flat, torch.tensor([[32.0, 10.0], [32.0, 32.0]]))
    assert spread[0] == 0
    assert spread[1] > 0.2
    assert half_patch(VideoShape(1, 128, 128)) == 8
    assert half_patch(VideoShape(1, 8, 8)) == 2


def test_parallax_is_in_order_where_displacements_are_as_they_should_be() -> None:
    true, depths = torch.tensor([[0.0, 20.0], [0.0, 5.0], [0.0, 4.0]]), torch.tensor([3.0, 6.0, 6.2])
    nothing, there = torch.zeros(3, 2), torch.ones(3, dtype=torch.bool)
    assert parallax_order(true, Found(nothing, there), depths, VIDEO) == [True, True]
    assert parallax_order(true, Found(nothing, torch.tensor([True, False, True])), depths, VIDEO) == [False, True]
    still = Found(-true, there)  # nothing has moved; the first one is too far from its place
    assert parallax_order(true, still, depths, VIDEO) == [False, False]
