"""Distance, height and side of a camera are read from true frames."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.shots import Framing, Scene, render, scene_of
from sora_core.world.shots.framings import looks_from_above, read_distance, read_side
from sora_core.world.shots.sampling import STAGES
from sora_core.world.solids import Floor, Motion, Shape, Sky, Solid
from sora_core.world.solids.labels import BACKGROUND, colour_label, label_pixels


def shown(*framings: Framing, shape: Shape = Shape.SPHERE, seed: int = 1) -> tuple[Scene, torch.Tensor, torch.Tensor]:
    """A scene, its pixels [3 F H W] in 0..1 and labels [F H W]."""
    solid = Solid(shape, Colour.GREEN, Motion.STAND)
    scene = scene_of((solid,), Floor.STONE, Sky.DUSK, framings, random.Random(seed))
    pixels = render([scene], VideoShape(10, 128, 128), 8.0)[0] / 2 + 0.5
    return scene, pixels, label_pixels(pixels, Floor.STONE, Sky.DUSK)


@pytest.mark.parametrize("shape", Shape)
def test_the_distance_follows_from_the_size_of_the_object(shape: Shape) -> None:
    scene, _, labels = shown(Framing.WIDE, Framing.CLOSE, shape=shape)
    mine = labels == colour_label(Colour.GREEN)
    for index, part in enumerate((mine[:9], mine[9:])):
        true = scene.shots[index].camera.begin
        assert read_distance(shape, part, STAGES[1]) == pytest.approx(true, rel=0.2)


@pytest.mark.parametrize("framing", [Framing.WIDE, Framing.CLOSE, Framing.ABOVE])
def test_a_camera_that_looks_from_above_is_told_from_level_ones(framing: Framing) -> None:
    _, pixels, labels = shown(framing, Framing.LEFT)
    found = looks_from_above(pixels[:, :9], labels[:9] != BACKGROUND, STAGES[1], Floor.STONE, Sky.DUSK)
    assert found is (framing is Framing.ABOVE)


@pytest.mark.slow
def test_the_side_is_read_from_the_floor_of_the_first_shot() -> None:
    wrong = []
    for seed in range(4):
        for first in (Framing.WIDE, Framing.CLOSE, Framing.ABOVE):
            for side in (Framing.LEFT, Framing.RIGHT):
                _, pixels, labels = shown(first, side, seed=seed)
                hidden = labels != BACKGROUND
                before, after = ((pixels[:, frame : frame + 1], hidden[frame : frame + 1]) for frame in (8, 9))
                if (found := read_side(before, after, first, STAGES[1], Floor.STONE, Sky.DUSK)) is not side:
                    wrong.append((seed, first, side, found))
    assert not wrong
