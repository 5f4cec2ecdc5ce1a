"""Clips of two stretches: borders are whole latent frames, and each stretch has its own caption."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.train.caption_choice import captions_named
from sora_core.train.domain_clips import DomainClips
from sora_core.train.flat_stretches import PLACES, FlatStretches, flat_stretches
from sora_core.world.flat import Flat, caption, held_out
from tiny_training import CPU, tiny_sources


@pytest.mark.parametrize(
    ("frames", "borders"), [(13, {5}), (17, {5, 9}), (33, {9, 13, 17, 21}), (49, {13, 21, 25, 33})]
)
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
    assert source.corpus(random.Random(2)) == DomainClips(Flat(), 8.0, CPU).corpus(random.Random(2))
    assert {scene.second for scene in source.unseen(9, VideoShape(17, 32, 32), random.Random(0))} <= set(held_out())


def test_only_the_flat_domain_has_them():
    assert len(tiny_sources().stretches) == len(PLACES)
    assert tiny_sources((("painter", 1.0),)).stretches == ()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("frames", [17, 33, 49])
def test_objects_move_on_both_sides_of_the_border_as_each_caption_tells(frames, place):
    video = VideoShape(frames, 32, 40)
    source = FlatStretches(8.0, CPU, step=4, place=place, told=captions_named("detailed"))
    border, rng = source.border(video), random.Random(3)
    turns = source.draw(40, video, rng) + source.unseen(20, video, rng)
    against = 0
    for turn, clip in zip(turns, source.render(turns, video), strict=True):
        middles = middles_of(clip)
        parts = ((border - 2, border - 1, turn.first), (border + 1, border + 7, turn.second))
        for begin, end, told in parts:
            against += bool((middles[end] - middles[begin]) @ torch.tensor(told.direction.step).float() <= 0)
    assert against <= 3  # of 120: an edge may be met between two frames


def middles_of(clip):
    """Middle of the one object in each frame of a clip [3 F H W]: [F 2] as (y, x) in pixels."""
    covered = (clip - clip[:, :, :1, :1]).abs().sum(0)  # [F H W]
    y, x = (torch.arange(size).float() for size in covered.shape[1:])
    return torch.stack([covered.sum(2) @ y, covered.sum(1) @ x], dim=1) / covered.sum((1, 2))[:, None]
