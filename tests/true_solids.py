"""True clips of one object of known attributes, for the tests of what the checks read."""

import random

import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.solids import Attributes, Camera, Floor, Motion, Scene, Shape, Sky, Solid, render, scene_of
from sora_core.world.solids.labels import BACKGROUND, colour_label, label_pixels

VIDEO, FPS = VideoShape(17, 128, 128), 8.0


def true_scene(shape: Shape, motion: Motion, camera: Camera = Camera.STILL, *, seed: int = 0) -> Scene:
    wanted = Attributes(Solid(shape, Colour.RED, motion), Floor.STONE, Sky.DAY, camera)
    return scene_of(wanted, random.Random(seed))


def pixels_of(scene: Scene) -> torch.Tensor:
    """[3 F H W] in 0..1."""
    return render([scene], VIDEO, FPS)[0] / 2 + 0.5


def marked(scene: Scene, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The first object's pixels, and those of the others: bool [F H W] each."""
    labels = label_pixels(pixels, scene.floor, scene.sky)
    mine = labels == colour_label(scene.objects[0].solid.colour)
    return mine, ~mine & (labels != BACKGROUND)
