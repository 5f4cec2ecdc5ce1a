"""Labels of pixels: sky and floor are read from their colours, and objects by theirs."""

import random

import pytest

from sora_core.canvas.shapes import VideoShape
from sora_core.world.solids import render, sample_scene
from sora_core.world.solids.labels import BACKGROUND, colour_label, label_pixels, read_floor, read_sky

VIDEO = VideoShape(2, 128, 128)


@pytest.mark.slow
def test_sky_floor_and_the_objects_colours_are_read() -> None:
    rng = random.Random(0)
    for _ in range(12):
        scene = sample_scene(rng)
        pixels = render([scene], VIDEO, 8.0)[0] / 2 + 0.5
        sky = read_sky(pixels)
        assert sky is scene.sky
        assert read_floor(pixels, sky) is scene.floor
        labels = label_pixels(pixels, scene.floor, scene.sky)
        assert (labels == BACKGROUND).float().mean() > 0.3
        shown = {colour_label(one.solid.colour) for one in scene.objects}
        assert shown & set(labels.unique().tolist())


def test_every_colour_has_a_label_of_its_own() -> None:
    from sora_core.world import Colour

    labels = {colour_label(colour) for colour in Colour}
    assert len(labels) == len(Colour)
    assert BACKGROUND not in labels
