"""Clips of a domain: scenes of training are never held out, and the corpus has captions of every style."""

import random
from collections import Counter

from sora_core.canvas.shapes import VideoShape
from sora_core.train.caption_choice import CaptionChoice
from sora_core.train.domain_clips import CORPUS_SCENES, DomainClips
from sora_core.world import Style
from sora_core.world.flat import Flat, RicherShares, held_out
from tiny_training import CPU

VIDEO = VideoShape(5, 16, 24)


def test_drawn_scenes_are_of_training_and_unseen_ones_are_held_out():
    clips, unseen = DomainClips(Flat(RicherShares()), 8.0, CPU), set(held_out())
    drawn, held = clips.draw(50, VIDEO, random.Random(0)), clips.unseen(50, VIDEO, random.Random(0))
    assert not {scene.wanted for scene in drawn} & unseen
    assert {scene.wanted for scene in held} <= unseen
    assert clips.render(drawn[:2], VIDEO).shape == (2, 3, *VIDEO)
    assert f"flat.attributes.colour={drawn[0].wanted.colour.name.lower()}" in clips.facts(drawn[:1])[0]


def test_objects_are_told_in_the_order_of_the_clip_where_that_is_asked_for():
    flat = Flat(RicherShares(pair=1.0))
    for in_order in (False, True):
        clips = DomainClips(flat, 8.0, CPU, CaptionChoice(in_order=in_order))
        scenes = [*clips.draw(10, VIDEO, random.Random(1)), *clips.unseen(10, VIDEO, random.Random(2))]
        assert all(scene.wanted == flat.in_order(scene).wanted for scene in scenes) is in_order


def test_each_kind_of_scene_comes_as_often_as_the_others_where_that_is_asked_for():
    clips = DomainClips(Flat(), 8.0, CPU, even=True)
    for scenes in (clips.draw(300, VIDEO, random.Random(0)), clips.unseen(300, VIDEO, random.Random(1))):
        kinds = Counter(clips.domain.kind(scene) for scene in scenes)
        assert set(kinds) == {"attributes", "hidden", "pair", "panned", "sized"}
        assert min(kinds.values()) > 40


def test_the_corpus_tells_of_scenes_in_every_style_with_motion_and_without():
    corpus = DomainClips(Flat(), 8.0, CPU).corpus(random.Random(0))
    assert len(corpus) == CORPUS_SCENES * len(Style) * 2
    assert all(corpus)
