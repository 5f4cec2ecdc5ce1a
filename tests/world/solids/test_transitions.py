"""Random transitions of solids: of training combinations alone, of every kind, and no object meets another one."""

import random
from dataclasses import replace

from sora_core.world.solids import Scene, held_out
from sora_core.world.solids.connections import Connection
from sora_core.world.solids.transitions import draw_connection, keeps_apart

FPS = 8.0


def looks(scene: Scene) -> tuple[object, ...]:
    return scene.floor, scene.sky, scene.tiles, [(one.solid[:2], one.size) for one in scene.objects]


def test_transitions_lead_back_to_another_scene_or_on() -> None:
    rng = random.Random(0)
    drawn = [draw_connection(17, 4, FPS, rng) for _ in range(120)]
    assert {(one.leave, one.arrive) for one in drawn} == {(0, 9), (0, 13), (4, 13)}
    assert not {side for one in drawn for part in (one.before, one.after) for side in part.attributes} & held_out()
    assert all(keeps_apart(one, FPS) for one in drawn)
    assert {len(one.before.objects) for one in drawn} == {1, 2, 3}
    back = [one for one in drawn if one.after == one.before]
    on = [one for one in drawn if one.after != one.before and looks(one.after) == looks(one.before)]
    assert 0.28 < len(back) / len(drawn) < 0.52
    assert 0.13 < len(on) / len(drawn) < 0.37
    assert len(back) + len(on) < 0.8 * len(drawn)


def test_unseen_transitions_are_between_held_out_combinations() -> None:
    rng = random.Random(0)
    for _ in range(20):
        one = draw_connection(13, 4, FPS, rng, unseen=True)
        assert {one.before.attributes[0], one.after.attributes[0]} <= held_out()


def test_objects_that_change_places_meet() -> None:
    rng = random.Random(1)
    while len((scene := draw_connection(17, 4, FPS, rng).before).objects) != 2 or scene.behind:
        pass
    one, other = (replace(one, rate=0.0, reach=0.0) for one in scene.objects)
    swapped = (replace(one, x=other.x, z=other.z), replace(other, x=one.x, z=one.z))
    before, after = (replace(scene, objects=objects) for objects in ((one, other), swapped))
    assert keeps_apart(Connection(before, before, 4, 13), FPS)
    assert not keeps_apart(Connection(before, after, 4, 13), FPS)
