"""The camera's path is the one that explains the floor, where there is one."""

import pytest
import torch

from sora_core.world.solids import Camera, Floor, Motion, Shape, Sky
from sora_core.world.solids.camera_paths import MIN_AGREEMENT, best_path, fit_paths, possible_paths
from true_solids import FPS, marked, pixels_of, true_scene


@pytest.mark.slow
@pytest.mark.parametrize("camera", Camera)
def test_the_path_of_each_camera_explains_the_floor_best(camera: Camera) -> None:
    scene = true_scene(Shape.CUBE, Motion.STAND, camera, seed=1)
    pixels = pixels_of(scene)
    mine, _ = marked(scene, pixels)
    best = best_path(fit_paths(pixels, mine, FPS, possible_paths(1), scene.floor, scene.sky))
    assert best.path.camera is camera
    assert best.agreement > MIN_AGREEMENT


def test_noise_agrees_with_no_camera() -> None:
    noise = torch.rand(3, 9, 64, 64, generator=torch.Generator().manual_seed(0))
    hidden = torch.zeros(9, 64, 64, dtype=torch.bool)
    best = best_path(fit_paths(noise, hidden, FPS, possible_paths(1), Floor.STONE, Sky.DAY))
    assert best.agreement < MIN_AGREEMENT
