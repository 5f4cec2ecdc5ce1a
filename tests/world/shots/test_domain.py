"""Shots keep the promises of a domain."""

import random

from sora_core.world.shots import Shots, is_held_out


def test_kinds_and_facts_follow_the_shots() -> None:
    domain, rng = Shots(), random.Random(1)
    kinds = set()
    for _ in range(30):
        scene = domain.sample(rng)
        facts = domain.facts(scene)
        kinds.add(domain.kind(scene))
        assert sum(name.startswith("shots.framing") for name in facts) == len(scene.shots)
        assert sum(name.endswith(".shape") for name in facts) == len(scene.things)
    assert kinds == {"two_shots", "three_shots"}


def test_unseen_scenes_begin_with_a_held_out_object() -> None:
    scene = Shots().sample(random.Random(0), unseen=True)
    assert is_held_out(scene.things[0], scene.solids.floor, scene.solids.sky)


def test_the_truth_has_the_camera_of_the_shot() -> None:
    scene = Shots().sample(random.Random(2))
    first, last = (Shots().truth(scene, time) for time in (0.0, 1.9))
    assert first.eye.tolist() != last.eye.tolist()
