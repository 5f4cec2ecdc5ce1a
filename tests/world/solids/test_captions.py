"""Captions of solids name what is seen in many wordings; those of still pictures say nothing of motion."""

import random
import re

import pytest

from sora_core.world import Style
from sora_core.world.solids import Camera, Motion, Scene, caption, sample_scene, scene_of
from sora_core.world.solids.attributes import CROSSING, SPINNING, Shape, all_combinations
from sora_core.world.solids.sampling import can_hide
from sora_core.world.solids.words import CAMERA_NOUNS, CAMERAS, FLOORS, HOURS, NOUNS, SKIES, verbs

SCENES = [sample_scene(random.Random(seed)) for seed in range(150)]
BEHIND = [
    scene_of(one, random.Random(seed), count=2, behind=True)
    for seed, one in enumerate(random.Random(0).sample(all_combinations(), 400))
    if can_hide(one)
]


def bare(wording: str) -> str:
    return wording.removeprefix("a ")


def names(text: str, wordings: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{bare(wording)}\b", text) for wording in wordings)


def acts(scene: Scene) -> list[tuple[str, ...]]:
    return [tuple(form for verb in verbs(one.solid) for form in verb) for one in scene.objects]


@pytest.mark.parametrize("style", [Style.DESCRIPTIVE, Style.RICH])
def test_detailed_captions_name_every_object_its_act_the_floor_and_the_sky(style: Style) -> None:
    rng = random.Random(0)
    for scene in SCENES:
        text = caption(scene, style, rng)
        for one, act in zip(scene.objects, acts(scene), strict=True):
            assert names(text, NOUNS[one.solid.colour]), text
            assert names(text, NOUNS[one.solid.shape]), text
            assert names(text, act), text
        assert names(text, FLOORS[scene.floor]), text
        assert names(text, SKIES[scene.sky] + HOURS[scene.sky]), text


@pytest.mark.parametrize("style", Style)
def test_every_caption_names_a_motion_and_a_moving_camera(style: Style) -> None:
    rng = random.Random(0)
    for scene in SCENES:
        text, camera = caption(scene, style, rng), scene.camera.camera
        for one, act in zip(scene.objects, acts(scene), strict=True):
            assert one.solid.motion is Motion.STAND or names(text, act), text
        said = names(text, CAMERA_NOUNS[camera] + tuple(form for verb in CAMERAS[camera] for form in verb))
        assert said or camera is Camera.STILL, text
        assert said or style is not Style.RICH, text


def test_terse_captions_may_omit_what_is_not_asked_for() -> None:
    rng = random.Random(0)
    plain = next(one for one in SCENES if one.camera.camera is Camera.STILL and len(one.objects) == 1)
    texts = [caption(plain, Style.TERSE, rng) for _ in range(60)]
    assert any(not names(text, FLOORS[plain.floor]) for text in texts)
    assert any(not names(text, SKIES[plain.sky] + HOURS[plain.sky]) for text in texts)
    assert any(not names(text, CAMERA_NOUNS[Camera.STILL]) for text in texts)


@pytest.mark.parametrize("style", Style)
def test_what_passes_behind_something_is_said_to(style: Style) -> None:
    rng = random.Random(0)
    assert len(BEHIND) >= 5
    for scene in BEHIND:
        assert "behind" in caption(scene, style, rng)
    for scene in SCENES:
        assert ("behind" in caption(scene, style, rng)) == scene.behind


@pytest.mark.parametrize("style", Style)
def test_still_captions_say_nothing_of_motion_or_camera(style: Style) -> None:
    rng = random.Random(0)
    solids = [one.solid for scene in SCENES for one in scene.objects]
    moving = {form for solid in solids for verb in verbs(solid) for form in verb}
    assert any(solid.motion in CROSSING for solid in solids)
    for scene in SCENES + BEHIND:
        text = caption(scene, style, rng, still=True)
        assert not names(text, (*moving, "camera", "left", "right", "behind")), text
        for one in scene.objects:
            assert names(text, NOUNS[one.solid.colour]), text
            assert names(text, NOUNS[one.solid.shape]), text


def test_only_spheres_and_cubes_are_said_to_spin() -> None:
    spinning = [one.solid for scene in SCENES for one in scene.objects if one.solid.motion is Motion.SPIN]
    assert {solid.shape for solid in spinning} == {*SPINNING}
    assert Shape.CONE not in SPINNING


def test_captions_vary() -> None:
    rng = random.Random(0)
    assert len({caption(SCENES[0], Style.RICH, rng) for _ in range(100)}) > 90
    assert len({caption(SCENES[0], Style.TERSE, rng) for _ in range(100)}) > 20
