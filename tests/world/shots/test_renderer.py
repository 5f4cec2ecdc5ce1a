"""Frames change all over at a cut, and are those of the solids until the first one."""

import random

import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world.palette import Colour
from sora_core.world.shots import Framing, render, sample_scene, scene_of
from sora_core.world.shots.renderer import truth_of
from sora_core.world.solids import Floor, Motion, Shape, Sky, Solid
from sora_core.world.solids import render as render_solids

VIDEO = VideoShape(17, 64, 64)


def test_the_first_shot_is_the_clip_of_the_solids_and_what_follows_is_not() -> None:
    scene = sample_scene(random.Random(0))
    shots, solids = render([scene], VIDEO, 8.0)[0], render_solids([scene.solids], VIDEO, 8.0)[0]
    cut = scene.first_frames(17, 8.0)[1]
    torch.testing.assert_close(shots[:, :cut], solids[:, :cut])
    assert float((shots[:, cut] - solids[:, cut]).abs().mean()) > 0.02


def test_an_object_moves_on_over_the_cut() -> None:
    solid = Solid(Shape.SPHERE, Colour.RED, Motion.RIGHT)
    scene = scene_of((solid,), Floor.SAND, Sky.DAY, (Framing.WIDE, Framing.CLOSE), random.Random(0))
    before, after = truth_of(scene, 1.0), truth_of(scene, 1.125)
    step = float((after.centres - before.centres).norm())
    assert 0.08 < step < 0.16
    assert float((after.eye - before.eye).norm()) > 3


def test_scenes_of_different_numbers_of_shots_render_beside_one_another_as_alone() -> None:
    scenes = [sample_scene(random.Random(seed)) for seed in range(6)]
    assert {len(scene.shots) for scene in scenes} == {2, 3}
    together = render(scenes, VIDEO, 8.0)
    for scene, clip in zip(scenes, together, strict=True):
        torch.testing.assert_close(render([scene], VIDEO, 8.0)[0], clip, rtol=0, atol=1e-5)
