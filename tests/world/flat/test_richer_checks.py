"""The checks of richer scenes see what is there in real clips, and nothing else."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world.flat import (
    RICHER,
    Attributes,
    Background,
    Colour,
    Direction,
    Hidden,
    Pair,
    Panned,
    Scene,
    Shape,
    Size,
    Sized,
    Speed,
    check_scene,
    render,
    richer,
    sample_scenes,
)
from sora_core.world.flat.attributes import all_combinations
from sora_core.world.flat.richer_checks import coloured_track

FPS = 8.0
SHAPES = [VideoShape(17, 64, 64), VideoShape(17, 48, 80), VideoShape(33, 80, 48)]
WANTED = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.FAST)


@pytest.mark.slow
@pytest.mark.parametrize("kind", RICHER, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("video", SHAPES, ids=str)
@pytest.mark.parametrize("noise", [0.0, 0.05], ids=["clean", "noisy"])
def test_checks_see_richer_scenes_in_real_clips(kind: type, video: VideoShape, noise: float) -> None:
    rng = random.Random(5)
    wanted = [richer(kind, first, rng) for first in rng.sample(all_combinations(), 50)]
    clips = render(sample_scenes(wanted, rng), video, FPS)
    clips = clips + noise * torch.randn(clips.shape, generator=torch.Generator().manual_seed(0))
    seen = [check_scene(scene, clip, FPS) for scene, clip in zip(wanted, clips, strict=True)]
    for name in seen[0]:
        assert sum(one[name] for one in seen) >= 49, name


def wrong_scenes() -> list[tuple[Scene, Scene, str]]:
    """What is shown, what is asked for, and what must not be seen of it."""
    other = Attributes(Shape.SQUARE, Colour.GREEN, Background.BLACK, Direction.RIGHT, Speed.SLOW)
    back = other._replace(direction=Direction.LEFT)
    return [
        (Sized(WANTED, Size.SMALL), Sized(WANTED, Size.LARGE), "size"),
        (WANTED, Sized(WANTED, Size.LARGE), "size"),
        (WANTED, Sized(WANTED, Size.SMALL), "size"),
        (Pair(WANTED, other), Pair(WANTED, back), "second motion"),
        (WANTED, Pair(WANTED, other), "second object"),
        (Panned(WANTED), Panned(WANTED._replace(direction=Direction.LEFT)), "camera"),
        (WANTED._replace(direction=Direction.LEFT), Panned(WANTED), "camera"),  # the ground does not move
        (WANTED, Hidden(WANTED, Background.WHITE), "wall"),
        (WANTED, Hidden(WANTED, Background.WHITE), "permanence"),
        (Hidden(WANTED, Background.WHITE), Hidden(WANTED._replace(shape=Shape.SQUARE), Background.WHITE), "permanence"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("shown", "wanted", "name"), wrong_scenes())
def test_checks_do_not_see_what_is_not_there(shown: Scene, wanted: Scene, name: str) -> None:
    (clip,) = render(sample_scenes([shown], random.Random(0)), VideoShape(17, 64, 64), FPS)
    assert check_scene(shown, clip, FPS) == dict.fromkeys(check_scene(shown, clip, FPS), True)
    assert not check_scene(wanted, clip, FPS)[name]


def test_a_track_by_colour_is_that_of_the_object_beside_a_wall() -> None:
    scenes = sample_scenes([Hidden(WANTED, Background.WHITE)], random.Random(0))
    video = VideoShape(17, 64, 64)
    track = coloured_track(render(scenes, video, FPS)[0], WANTED.colour)
    away = (track - scenes.centres(video, FPS)[0, 0]).norm(dim=1)
    assert away[[0, 1, 15, 16]].max() < 0.6  # in between the wall hides a part of it


def test_an_object_that_does_not_come_out_from_behind_the_wall_is_missed() -> None:
    scene = Hidden(WANTED, Background.WHITE)
    (clip,) = render(sample_scenes([scene], random.Random(0)), VideoShape(17, 64, 64), FPS)
    lost = clip.clone()
    lost[:, 9:] = clip[:, 8:9]
    assert not check_scene(scene, lost, FPS)["permanence"]
