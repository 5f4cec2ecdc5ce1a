"""Spins are measured from what a body shows as it turns."""

import pytest

from sora_core.world.solids import Motion, Shape
from sora_core.world.solids.spins import spin_rate
from sora_core.world.solids.tracks import track_object
from true_solids import FPS, marked, pixels_of, true_scene


@pytest.mark.slow
@pytest.mark.parametrize("shape", [Shape.CUBE, Shape.SPHERE])
@pytest.mark.parametrize("motion", [Motion.SPIN, Motion.STAND])
def test_the_rate_of_a_spin_is_that_of_the_scene(shape: Shape, motion: Motion) -> None:
    scene = true_scene(shape, motion, seed=2)
    pixels = pixels_of(scene)
    mine, _ = marked(scene, pixels)
    track = track_object(mine, scene.camera, FPS)
    (one,) = scene.objects
    rate = spin_rate(pixels, mine, one.solid, sky=scene.sky, path=scene.camera, track=track)
    assert rate == pytest.approx(one.rate, abs=0.25)
