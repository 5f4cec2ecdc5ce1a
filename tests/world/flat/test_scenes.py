"""The state of scenes is exact in time, at any frame rate, and drawn from random numbers alone."""

import random
from dataclasses import replace

import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world.flat import (
    Attributes,
    Background,
    Colour,
    Direction,
    Hidden,
    Panned,
    Shape,
    Speed,
    held_out,
    sample_scenes,
)

FPS = 8.0
WANTED = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.FAST)


def test_objects_stay_inside_and_keep_their_speed_between_bounces() -> None:
    video = VideoShape(400, 48, 80)
    scenes = sample_scenes([WANTED], random.Random(2))
    x = scenes.centres(video, FPS)[0, 0, :, 1]
    radius = float(scenes.radius) * (48 * 80) ** 0.5
    assert x.min() >= radius - 1e-3
    assert x.max() <= 80 - radius + 1e-3
    steps = x.diff().abs()
    assert torch.isclose(steps, steps.max(), rtol=1e-3).float().mean() > 0.9


def test_frame_rate_and_duration_read_the_same_state() -> None:
    scenes = sample_scenes([WANTED], random.Random(2))
    slow, fast = scenes.centres(VideoShape(9, 64, 64), 4.0), scenes.centres(VideoShape(17, 64, 64), 8.0)
    assert torch.allclose(slow, fast[:, :, ::2], atol=1e-4)


def test_the_same_random_numbers_draw_the_same_scenes() -> None:
    first, second = (sample_scenes(held_out()[:5], random.Random(9)) for _ in range(2))
    assert torch.equal(first.start, second.start)
    assert torch.equal(first.velocity, second.velocity)


def test_the_camera_sees_the_world_go_the_other_way() -> None:
    scenes = sample_scenes([Panned(WANTED)], random.Random(0))
    x = scenes.centres(VideoShape(17, 64, 64), FPS)[0, 0, :, 1]
    assert (x.diff() < 0).all()
    assert torch.allclose(x.diff(), -scenes.camera_path(VideoShape(17, 64, 64), FPS)[0, :, 1].diff(), atol=1e-4)


def test_an_object_bounces_where_its_outline_meets_the_edge() -> None:
    (speed, radius), size = (0.75, 0.125), 64  # 6 pixels a frame, and a radius of 8: its centre moves in 8..56
    scenes = replace(
        sample_scenes([WANTED], random.Random(0)),
        radius=torch.tensor([[radius]]),
        start=torch.tensor([[[0.5, 0.5]]]),
        velocity=torch.tensor([[[0.0, speed]]]),
    )
    y, x = scenes.centres(VideoShape(9, size, size), FPS)[0, 0].unbind(-1)
    assert x.tolist() == [32, 38, 44, 50, 56, 50, 44, 38, 32]
    assert y.tolist() == [32] * 9


def test_a_wall_stands_beside_the_start_of_its_object_and_leaves_it_whole() -> None:
    scenes = sample_scenes([Hidden(WANTED, Background.WHITE)] * 20, random.Random(0))
    video = VideoShape(17, 64, 64)
    left, right = scenes.wall_edges(video)
    outline = scenes.centres(video, FPS)[:, 0, 0, 1] + 64 * scenes.radius[:, 0]  # the object goes right
    assert (outline < left).all()
    assert torch.allclose(right - left, torch.full((20,), 2 * 0.115 * 64))
    assert (right < 64).all()
