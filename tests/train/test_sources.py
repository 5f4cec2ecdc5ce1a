"""Training draws the domains by weight, never a held-out combination, and transitions of whole latents."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.train.clip_source import MixedSource, MixedTransitions
from sora_core.train.domain_clips import DomainClips
from sora_core.train.sources import FlatTransitions, SolidTransitions, build_sources, parse_weights
from sora_core.world import DOMAINS
from sora_core.world.flat import Attributes, Flat, Pair, RicherShares, held_out
from sora_core.world.shots import Shots
from sora_core.world.solids import Solids
from sora_core.world.solids import held_out as held_out_solids
from tiny_training import CPU, tiny_sources

VIDEO = VideoShape(17, 8, 8)


@pytest.mark.slow
def test_every_domain_can_be_learnt_alone_and_with_the_others() -> None:
    names = [(name, 1.0) for name in DOMAINS]
    for weights in (*((one,) for one in names), tuple(names)):
        clips = tiny_sources(weights).clips
        scenes = clips.unseen(len(DOMAINS), VIDEO, random.Random(0))
        pixels = clips.render(scenes, VIDEO)
        assert pixels.shape == (len(DOMAINS), 3, *VIDEO)
        assert pixels.abs().max() <= 1
        assert all(clips.captions(scenes, random.Random(0)))
        assert all(clips.captions(scenes, random.Random(0), still=True))


def test_windows_show_plain_scenes_of_the_flat_domain_alone() -> None:
    sources = tiny_sources()
    kinds = [
        {type(one.scene.wanted) for one in part.draw(300, VIDEO, random.Random(0))}
        for part in (sources.clips, sources.windows)
    ]
    assert len(kinds[0]) > 1
    assert kinds[1] == {Attributes}


def test_windows_show_solids_in_place_of_several_shots() -> None:
    sources = tiny_sources((("shots", 1.0),))
    for part, shown in ((sources.clips, Shots), (sources.windows, Solids)):
        assert isinstance(part, MixedSource)
        (clips,) = part.sources
        assert isinstance(clips, DomainClips)
        assert isinstance(clips.domain, shown)


@pytest.mark.slow
def test_every_word_of_a_caption_is_in_the_corpus() -> None:
    sources = tiny_sources(tuple((name, 1.0) for name in DOMAINS))
    words = {word for text in sources.clips.corpus(random.Random(0)) for word in text.split()}
    scenes = sources.clips.draw(300, VIDEO, random.Random(1))
    for still in (False, True):
        texts = sources.clips.captions(scenes, random.Random(2), still=still)
        assert {word for text in texts for word in text.split()} <= words


def test_transitions_are_whole_latents_and_their_captions_tell_the_first_clip() -> None:
    source = tiny_sources().transitions
    assert source is not None
    assert source.min_frames == 13
    scenes = source.draw(60, VIDEO, random.Random(0))
    assert {(between.start, between.stop) for between in map(source.between, scenes)} == {(1, 9), (1, 13), (5, 13)}
    assert source.render(scenes, VIDEO).shape == (60, 3, *VIDEO)
    for scene, text in zip(scenes, source.captions(scenes, random.Random(0)), strict=True):
        (wanted,) = scene.wanted
        assert text
        assert not {wanted.first, wanted.second} & set(held_out())
    assert all(scene.wanted[0].first in held_out() for scene in source.unseen(20, VIDEO, random.Random(0)))


@pytest.mark.slow
def test_transitions_of_solids_are_whole_latents_whose_captions_tell_the_first_part() -> None:
    sources = tiny_sources((("solids", 1.0), ("game", 1.0)))
    source = sources.transitions
    assert isinstance(source, SolidTransitions)
    assert sources.transition_domain == 0.5
    assert source.min_frames == 13
    scenes = source.draw(8, VIDEO, random.Random(0))
    assert {(between.start, between.stop) for between in map(source.between, scenes)} <= {(1, 9), (1, 13), (5, 13)}
    assert source.render(scenes, VIDEO).shape == (8, 3, *VIDEO)
    captions = DomainClips(Solids(), 8.0, CPU).captions([scene.before for scene in scenes], random.Random(1))
    assert source.captions(scenes, random.Random(1)) == captions
    for scene in source.unseen(4, VIDEO, random.Random(0)):
        assert scene.before.attributes[0] in held_out_solids()


def test_domains_that_have_transitions_share_them_by_weight() -> None:
    sources = tiny_sources((("solids", 3.0), ("flat", 1.0), ("painter", 4.0)))
    source = sources.transitions
    assert isinstance(source, MixedTransitions)
    assert [type(one) for one in source.transitions] == [SolidTransitions, FlatTransitions]
    assert source.weights == [3.0, 1.0]
    assert sources.transition_domain == 0.5


def test_pools_that_were_made_without_transitions_of_solids_are_told_from_those_with_them() -> None:
    assert tiny_sources((("flat", 2.0),)).made_from == "flat=2"
    assert tiny_sources((("flat", 2.0), ("solids", 1.0))).made_from == "flat=2,solids=1, solids with transitions"


@pytest.mark.slow
def test_a_clip_is_the_same_whatever_it_is_rendered_beside() -> None:
    clips = tiny_sources().with_transitions(0.5)
    scenes = clips.draw(12, VIDEO, random.Random(0))
    together = clips.render(scenes, VIDEO)
    for scene, clip in zip(scenes, together, strict=True):
        torch.testing.assert_close(clips.render([scene], VIDEO)[0], clip, rtol=0, atol=1e-6)


def test_weights_are_read_as_people_write_them() -> None:
    assert parse_weights("flat") == (("flat", 1.0),)
    assert parse_weights("flat=2.5") == (("flat", 2.5),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clouds=1", r"got the domain 'clouds', expected some of .*flat"),
        ("", "got the domain ''"),
        ("flat=much", "got 'flat=much' among the domains, expected NAME=WEIGHT"),
        ("flat=0", "got the weight 0 for the domain flat"),
        ("flat=nan", "got the weight nan"),
        ("flat=1,flat=2", "expected each once"),
    ],
)
def test_weights_that_say_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_weights(text)


def test_a_world_without_domains_that_have_them_has_no_transitions(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def __init__(self) -> None:
            self.flat = Flat()

    monkeypatch.setattr("sora_core.train.sources.DOMAINS", {"other": Other()})
    sources = build_sources((("other", 1.0),), 8.0, CPU, step=4)
    assert sources.transitions is None
    assert sources.with_transitions(0.4) is sources.clips


def test_another_flat_domain_may_take_its_place() -> None:
    flats = [Flat(RicherShares()), Flat(RicherShares(pair=1.0))]
    made = [build_sources((("flat", 1.0),), 8.0, CPU, step=4, flat=flat) for flat in flats]
    kinds = [{type(one.scene.wanted) for one in each.clips.draw(20, VIDEO, random.Random(0))} for each in made]
    assert kinds == [{Attributes}, {Pair}]
    assert made[0].made_from != made[1].made_from
