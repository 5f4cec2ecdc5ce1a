"""Solids as a domain: unseen scenes are held out, and the truth is that of the scene."""

import random

from sora_core.canvas.shapes import VideoShape
from sora_core.world.solids import held_out
from sora_core.world.solids.domain import Solids


def test_scenes_for_training_have_no_held_out_object_and_unseen_ones_begin_with_one() -> None:
    domain, rng = Solids(), random.Random(0)
    for _ in range(200):
        assert not held_out() & set(domain.sample(rng).attributes)
        assert domain.sample(rng, unseen=True).attributes[0] in held_out()


def test_objects_are_told_from_the_left_unless_one_passes_behind_another() -> None:
    domain, rng, several = Solids(), random.Random(2), 0
    for _ in range(60):
        drawn = domain.sample(rng)
        scene = domain.in_order(drawn)
        assert {one.solid for one in scene.objects} == {one.solid for one in drawn.objects}
        if drawn.behind:
            assert scene == drawn
            continue
        truth = domain.truth(scene, 0.0)
        across = truth.project(truth.centres, VideoShape(1, 48, 80))[0][:, 1].tolist()
        assert across == sorted(across)
        several += scene != drawn
    assert several > 5


def test_kinds_and_facts_follow_the_objects() -> None:
    domain, rng = Solids(), random.Random(1)
    for _ in range(20):
        scene = domain.sample(rng)
        facts = domain.facts(scene)
        assert domain.kind(scene) == f"{len(scene.objects)} objects"
        assert sum(name.endswith(".shape") for name in facts) == len(scene.objects)
        assert facts["solids.sky"] == scene.sky.name.lower()
