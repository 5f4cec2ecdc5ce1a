"""Words of solids: none stands for two attributes, and verbs fit the body."""

import random

from sora_core.world import Colour
from sora_core.world.solids import Camera, Floor, Motion, Shape, Sky, Solid
from sora_core.world.solids.words import CAMERA_NOUNS, CAMERAS, FLOORS, HOURS, NOUNS, SKIES, pick_verb, verbs


def test_every_value_has_wordings_and_none_stands_for_two() -> None:
    tables = (NOUNS, FLOORS, SKIES, HOURS, CAMERAS, CAMERA_NOUNS)
    wordings = [wording for table in tables for value in table for wording in set(table[value])]
    assert len(wordings) == len(set(wordings))
    assert {*NOUNS} == {*Shape, *Colour}
    assert [{*table} for table in tables[1:]] == [{*Floor}, {*Sky}, {*Sky}, {*Camera}, {*Camera}]


def test_words_of_floor_sky_and_camera_hold_no_colour_of_an_object() -> None:
    colours = {word for colour in Colour for wording in NOUNS[colour] for word in wording.split()}
    others = [wording for table in (FLOORS, SKIES, HOURS, CAMERA_NOUNS) for value in table for wording in table[value]]
    others += [form for camera in Camera for verb in CAMERAS[camera] for form in verb]
    assert [wording for wording in others if colours & {*wording.split()}] == []


def test_a_sphere_rolls_and_other_bodies_slide() -> None:
    rng = random.Random(0)
    for shape in Shape:
        finite = {pick_verb(Solid(shape, Colour.RED, Motion.LEFT), rng).finite for _ in range(200)}
        assert ("rolls to the left" in finite) == (shape is Shape.SPHERE)
        assert ("slides to the left" in finite) == (shape is not Shape.SPHERE)
        assert all("left" in wording for wording in finite)


def test_the_plain_word_is_the_most_frequent() -> None:
    rng, solid = random.Random(0), Solid(Shape.CUBE, Colour.RED, Motion.SPIN)
    picked = [pick_verb(solid, rng) for _ in range(500)]
    assert 0.55 < picked.count(verbs(solid)[0]) / 500 < 0.8
    assert {*picked} == {*verbs(solid)}
