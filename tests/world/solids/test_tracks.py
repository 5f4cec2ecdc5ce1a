"""Tracks of objects: what an object does is read from where its pixels are."""

import pytest

from sora_core.world.solids import Motion, Shape
from sora_core.world.solids.tracks import first_speed, jump_height, read_motion, track_object
from true_solids import FPS, marked, pixels_of, true_scene


@pytest.mark.slow
@pytest.mark.parametrize("motion", [Motion.STAND, Motion.LEFT, Motion.RIGHT, Motion.JUMP])
def test_what_an_object_does_is_read_from_its_track(motion: Motion) -> None:
    for seed in range(3):
        scene = true_scene(Shape.CONE, motion, seed=seed)
        mine, _ = marked(scene, pixels_of(scene))
        track = track_object(mine, scene.camera, FPS)
        assert read_motion(track, None) is motion
        assert (jump_height(track) > 0.2) is (motion is Motion.JUMP)
        speed = scene.objects[0].rate
        assert first_speed(track) == pytest.approx(speed, abs=0.15)
