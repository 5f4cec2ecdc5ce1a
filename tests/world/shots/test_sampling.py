"""Drawn scenes keep held-out combinations apart, and their objects in every shot's frame."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.shots import Framing, is_held_out, sample_scene, scene_of
from sora_core.world.shots.sampling import attributes_of
from sora_core.world.shots.scenes import shot_poses
from sora_core.world.solids import Floor, Motion, Shape, Sky, Solid, held_out, views_at

TIMES = torch.arange(33) / 8
SCENES = [sample_scene(random.Random(seed)) for seed in range(150)]


def test_training_scenes_hold_no_held_out_object_and_unseen_ones_begin_with_one() -> None:
    assert not held_out() & {one for scene in SCENES for one in attributes_of(scene)}
    rng = random.Random(0)
    for _ in range(30):
        scene = sample_scene(rng, unseen=True)
        assert is_held_out(scene.things[0], scene.solids.floor, scene.solids.sky)


def test_every_kind_of_scene_is_drawn() -> None:
    assert {len(scene.shots) for scene in SCENES} == {2, 3}
    assert {len(scene.things) for scene in SCENES} == {1, 2}
    assert {shot.framing for scene in SCENES for shot in scene.shots} == {*Framing}
    assert {scene.things[0].motion for scene in SCENES} == {*Motion}


def test_the_middle_of_every_object_is_in_the_frame_of_every_shape() -> None:
    for scene in SCENES:
        poses, centres = shot_poses([scene], TIMES), views_at([scene.solids], TIMES).centre
        for shape in ((96, 160), (160, 96)):
            pixels, depths = poses.project(centres, VideoShape(33, *shape))
            assert bool((depths > 1).all())
            assert bool(((pixels > 0) & (pixels < torch.tensor(shape))).all())


@pytest.mark.parametrize(
    "framings",
    [(Framing.WIDE,), (Framing.LEFT, Framing.WIDE), (Framing.WIDE, Framing.WIDE), (*Framing,)],
)
def test_framings_that_do_not_follow_are_refused(framings: tuple[Framing, ...]) -> None:
    solid = Solid(Shape.CUBE, Colour.RED, Motion.STAND)
    with pytest.raises(ValueError, match="expected two or three"):
        scene_of((solid,), Floor.SAND, Sky.DAY, framings, random.Random(0))
