"""Captions of shots name the objects and every framing; those of still pictures describe the first shot alone."""

import random
import re

import pytest

from sora_core.world import Style
from sora_core.world.shots import caption, sample_scene
from sora_core.world.shots.captions import FRAMINGS
from sora_core.world.solids.words import FLOORS, HOURS, NOUNS, SKIES, verbs

SCENES = [sample_scene(random.Random(seed)) for seed in range(120)]


def names(text: str, wordings: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{wording.removeprefix('a ')}\b", text) for wording in wordings)


@pytest.mark.parametrize("style", Style)
def test_every_caption_names_the_objects_and_the_framings_in_their_order(style: Style) -> None:
    rng = random.Random(0)
    for scene in SCENES:
        text = caption(scene, style, rng)
        for solid in scene.things:
            assert names(text, NOUNS[solid.colour]), text
            assert names(text, NOUNS[solid.shape]), text
        patterns = ["|".join(one.removeprefix("a ") for one in FRAMINGS[shot.framing]) for shot in scene.shots]
        assert re.search(".*".join(f"({one})" for one in patterns), text), text


def test_rich_captions_name_what_the_objects_do_floor_sky_and_the_shots() -> None:
    rng = random.Random(0)
    for scene in SCENES:
        text = caption(scene, Style.RICH, rng)
        for solid in scene.things:
            assert names(text, tuple(form for verb in verbs(solid) for form in verb)), text
        assert names(text, FLOORS[scene.solids.floor]), text
        assert names(text, SKIES[scene.solids.sky] + HOURS[scene.solids.sky]), text
        assert "shots" in text or "cuts" in text, text


@pytest.mark.parametrize("style", Style)
def test_still_captions_describe_the_first_shot_alone(style: Style) -> None:
    rng = random.Random(0)
    for scene in SCENES:
        text = caption(scene, style, rng, still=True)
        later = {shot.framing for shot in scene.shots[1:]} - {scene.shots[0].framing}
        assert names(text, FRAMINGS[scene.shots[0].framing]), text
        assert not any(names(text, FRAMINGS[framing]) for framing in later), text
        moving = tuple(form for solid in scene.things for verb in verbs(solid) for form in verb)
        assert not names(text, (*moving, "then", "cut", "cuts", "shots")), text


def test_captions_vary() -> None:
    rng = random.Random(0)
    assert len({caption(SCENES[0], Style.RICH, rng) for _ in range(100)}) > 80
    assert len({caption(SCENES[0], Style.TERSE, rng) for _ in range(100)}) > 40
