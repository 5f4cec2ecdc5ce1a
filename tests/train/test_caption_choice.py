"""Choices of captions: the styles that they name, and as many wrong captions as they say."""

import random

import pytest

from sora_core.language.grammar import WorldReader
from sora_core.train.caption_choice import ALL_CAPTIONS, CAPTIONS, CaptionChoice, captions_named
from sora_core.train.domain_clips import DomainClips
from sora_core.world import DOMAINS, Style
from tiny_training import CPU


def captions(choice: CaptionChoice, count: int = 200) -> list[str]:
    """Captions of one scene."""
    domain = DOMAINS["solids"]
    scene = domain.sample(random.Random(3))
    return DomainClips(domain, 8.0, CPU, choice).captions([scene] * count, random.Random(0))


def test_terse_captions_are_shorter_than_every_detailed_one() -> None:
    terse, detailed = ([len(text.split()) for text in captions(CAPTIONS[name])] for name in ("terse", "detailed"))
    assert max(terse) < min(detailed)


def test_noisy_captions_tell_of_other_scenes_as_often_as_they_say() -> None:
    domain, rng = DOMAINS["game"], random.Random(0)
    scene = domain.sample(rng)
    wrong = CaptionChoice((Style.RICH,), noise=1.0)
    clean = set(DomainClips(domain, 8.0, CPU, CAPTIONS["detailed"]).captions([scene] * 300, random.Random(1)))
    half = DomainClips(domain, 8.0, CPU, CaptionChoice((Style.RICH,), 0.5)).captions([scene] * 200, random.Random(2))
    never = DomainClips(domain, 8.0, CPU, wrong).captions([scene] * 200, random.Random(2))
    seen = {text.split(".")[0] for text in clean}
    shares = [sum(text.split(".")[0] in seen for text in texts) / 200 for texts in (half, never)]
    assert 0.3 < shares[0] < 0.6
    assert shares[1] < 0.05


@pytest.mark.parametrize("name", list(DOMAINS))
def test_plain_captions_say_all_that_others_say_always_in_the_same_words(name: str) -> None:
    domain, reader = DOMAINS[name], WorldReader([name])
    scenes = [domain.sample(random.Random(seed)) for seed in range(20)]
    plain = DomainClips(domain, 8.0, CPU, CaptionChoice((Style.RICH,), plain=True))
    told = plain.captions(scenes, random.Random(0))
    assert told == plain.captions(scenes, random.Random(1))
    for text, other in zip(told, DomainClips(domain, 8.0, CPU).captions(scenes, random.Random(0)), strict=True):
        assert set(reader.facts(other)) <= set(reader.facts(text))


def test_the_default_draws_as_before_there_was_a_choice() -> None:
    domain, styles = DOMAINS["flat"], tuple(Style)
    scenes = [domain.sample(random.Random(seed)) for seed in range(5)]
    rng = random.Random(4)
    expected = [domain.caption(scene, rng.choice(styles), rng) for scene in scenes]
    assert DomainClips(domain, 8.0, CPU).captions(scenes, random.Random(4)) == expected
    assert captions_named("all") == ALL_CAPTIONS == CaptionChoice()


@pytest.mark.parametrize(("styles", "noise"), [((), 0.0), ((Style.RICH,), -0.1), ((Style.RICH,), 1.1)])
def test_a_choice_of_nothing_or_of_a_wrong_share_is_refused(styles: tuple[Style, ...], noise: float) -> None:
    with pytest.raises(ValueError, match="expected one or more and 0 to 1"):
        CaptionChoice(styles, noise)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="got the captions 'long', expected one of all, terse, detailed, noisy"):
        captions_named("long")
