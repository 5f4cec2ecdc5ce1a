"""Permanence: what was out of sight must come back as itself."""

import pytest
import torch

from sora_core.world.solids import Camera, Motion, Shape
from sora_core.world.solids.permanence import check_looking_away
from sora_core.world.solids.tracks import track_object
from true_solids import FPS, marked, pixels_of, true_scene


@pytest.mark.slow
@pytest.mark.parametrize("shape", [Shape.CUBE, Shape.CYLINDER])
def test_an_object_that_the_camera_looked_away_from_is_back_in_its_place(shape: Shape) -> None:
    scene = true_scene(shape, Motion.STAND, Camera.AWAY_RIGHT, seed=3)
    mine, others = marked(scene, pixels_of(scene))
    track = track_object(mine, scene.camera, FPS)
    found = check_looking_away(scene.objects[0].solid, track, mine, others)
    assert found == {"comes back": True, "in place": True}


@pytest.mark.slow
def test_an_object_that_does_not_come_back_or_comes_back_as_another_is_told() -> None:
    scene = true_scene(Shape.CUBE, Motion.STAND, Camera.AWAY_RIGHT, seed=3)
    mine, others = marked(scene, pixels_of(scene))
    solid, half = scene.objects[0].solid, len(mine) // 2
    gone = torch.cat([mine[:half], torch.zeros_like(mine[half:])])
    assert not check_looking_away(solid, track_object(gone, scene.camera, FPS), gone, others)["comes back"]
    cone = true_scene(Shape.CONE, Motion.STAND, Camera.AWAY_RIGHT, seed=3)
    changed = torch.cat([mine[:half], marked(cone, pixels_of(cone))[0][half:]])
    found = check_looking_away(solid, track_object(changed, scene.camera, FPS), changed, others)
    assert not found["comes back"]
