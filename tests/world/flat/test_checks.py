"""The checks read real clips right, clean and noisy, and see nothing where there is nothing."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world.flat import (
    Attributes,
    Background,
    Colour,
    Direction,
    Shape,
    Speed,
    read_attributes,
    render,
    sample_scenes,
)
from sora_core.world.flat.attributes import all_combinations

FPS = 8.0
SHAPES = [VideoShape(17, 64, 64), VideoShape(17, 48, 80), VideoShape(33, 80, 48)]
WANTED = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.FAST)


@pytest.mark.slow
@pytest.mark.parametrize("video", SHAPES, ids=str)
@pytest.mark.parametrize("noise", [0.0, 0.05], ids=["clean", "noisy"])
def test_checks_read_every_attribute_of_real_clips(video: VideoShape, noise: float) -> None:
    rng = random.Random(3)
    combinations = rng.sample(all_combinations(), 100)
    clips = render(sample_scenes(combinations, rng), video, FPS)
    clips = clips + noise * torch.randn(clips.shape, generator=torch.Generator().manual_seed(0))
    hits = [read_attributes(clip, FPS).matches(wanted) for clip, wanted in zip(clips, combinations, strict=True)]
    assert (torch.tensor(hits).float().mean(dim=0) >= 0.98).all()


def test_checks_find_nothing_where_there_is_no_object() -> None:
    generator = torch.Generator().manual_seed(0)
    empty = torch.full((3, 9, 32, 32), -0.9) + 0.01 * torch.randn(3, 9, 32, 32, generator=generator)
    noise = torch.randn(3, 9, 32, 32, generator=generator)
    for frames in (empty, noise):
        reading = read_attributes(frames, FPS)
        assert (reading.shape, reading.direction, reading.speed) == (None, None, None)


def test_checks_refuse_an_object_that_has_none_of_the_shapes() -> None:
    clip = render(sample_scenes([WANTED], random.Random(0)), VideoShape(9, 64, 64), FPS)[0]
    torn = clip.clone()
    torn[:, :, ::4] = clip[:, :, :1, :1]  # every fourth line is background
    torn[:, :, 1::4] = clip[:, :, :1, :1]
    assert read_attributes(clip, FPS).shape is Shape.CIRCLE
    assert read_attributes(torn, FPS).shape is None


def test_a_reversed_clip_reads_as_the_opposite_direction() -> None:
    clip = render(sample_scenes([WANTED._replace(speed=Speed.SLOW)], random.Random(0)), VideoShape(17, 64, 64), FPS)[0]
    assert read_attributes(clip, FPS).direction is Direction.RIGHT
    assert read_attributes(clip.flip(1), FPS).direction is Direction.LEFT
