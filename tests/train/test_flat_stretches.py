"""Clips of two stretches: borders are whole latent frames, and each stretch has its own caption."""

import random

import pytest

from sora_core.canvas.shapes import VideoShape
from sora_core.train.caption_choice import captions_named
from sora_core.train.flat_stretches import FlatStretches, flat_stretches
from sora_core.world.flat import caption, held_out
from tiny_training import CPU, tiny_sources


@pytest.mark.parametrize(("frames", "borders"), [(13, {5}), (17, {5, 9}), (33, {9, 13, 21}), (49, {13, 21, 33})])
def test_a_border_begins_a_latent_frame_and_leaves_two_of_them_to_each_stretch(frames, borders):
    found = [source.border(VideoShape(frames, 32, 32)) for source in flat_stretches(8.0, CPU, step=4)]
    assert set(found) == borders
    assert all((border - 1) % 4 == 0 and 5 <= border <= frames - 8 for border in found)


def test_each_stretch_is_told_in_its_own_words():
    source = FlatStretches(8.0, CPU, step=4, place=0.5, told=captions_named("detailed"))
    scenes = source.draw(20, VideoShape(17, 32, 32), random.Random(0))
    told = source.captions(scenes, random.Random(1)), source.later_captions(scenes, random.Random(1))
    for captions, stretch in zip(told, ("first", "second"), strict=True):
        rng, (style,) = random.Random(1), source.told.styles
        for scene, text in zip(scenes, captions, strict=True):
            assert text == caption(getattr(scene, stretch), rng.choice([style]), rng)
    assert not set(told[0]) & set(told[1])
    assert source.render(scenes[:2], VideoShape(17, 32, 48)).shape == (2, 3, 17, 32, 48)
    assert len(source.facts(scenes)) == 20
    assert {scene.second for scene in source.unseen(9, VideoShape(17, 32, 32), random.Random(0))} <= set(held_out())


def test_only_the_flat_domain_has_them():
    assert len(tiny_sources().stretches) == 3
    assert tiny_sources((("painter", 1.0),)).stretches == ()
