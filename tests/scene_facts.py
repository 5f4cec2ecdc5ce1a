"""What a full caption of a scene states, written down from the scene itself, to hold readings of captions against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sora_core.language.facts import Fact, Kind
from sora_core.world.flat import Hidden, Pair, Panned, Sized
from sora_core.world.painter.attributes import Stroke
from sora_core.world.solids.attributes import CROSSING

Stated = tuple[Kind, str, Any]


def flat(scene: Any) -> Iterator[Stated]:
    wanted = scene.wanted
    first = wanted.first if isinstance(wanted, Sized | Pair | Panned | Hidden) else wanted
    objects = [first, wanted.second] if isinstance(wanted, Pair) else [first]
    yield Kind.COUNT, "objects", len(objects)
    yield Kind.COLOUR, "the background", first.background
    for index, one in enumerate(objects, 1):
        yield Kind.OBJECT, f"object {index}", one.shape
        yield Kind.COLOUR, f"object {index}", one.colour
        if not isinstance(wanted, Panned):
            yield Kind.DIRECTION, f"object {index}", one.direction
        if not isinstance(wanted, Panned | Hidden):
            yield Kind.SPEED, f"object {index}", one.speed
    if isinstance(wanted, Panned):
        yield Kind.DIRECTION, "the camera", first.direction
    if isinstance(wanted, Hidden):
        yield Kind.COLOUR, "the wall", wanted.wall
    if isinstance(wanted, Sized):
        yield Kind.SIZE, "object 1", wanted.size


def _solids(things: Any, floor: Any, sky: Any) -> Iterator[Stated]:
    yield Kind.COUNT, "objects", len(things)
    yield Kind.SETTING, "the floor", floor
    yield Kind.SETTING, "the sky", sky
    for index, one in enumerate(things, 1):
        yield Kind.OBJECT, f"object {index}", one.shape
        yield Kind.COLOUR, f"object {index}", one.colour
        yield Kind.ACTION, f"object {index}", "move" if one.motion in CROSSING else one.motion
        if one.motion in CROSSING:
            yield Kind.DIRECTION, f"object {index}", one.motion


def solids(scene: Any) -> Iterator[Stated]:
    yield from _solids([one.solid for one in scene.objects], scene.floor, scene.sky)
    path, _, side = scene.camera.camera.name.lower().partition("_")
    yield Kind.CAMERA, "the camera", path
    if side:
        yield Kind.DIRECTION, "the camera", side
    if scene.behind:
        yield Kind.SETTING, "object 2", "behind object 1"


def shots(scene: Any) -> Iterator[Stated]:
    yield from _solids(scene.things, scene.solids.floor, scene.solids.sky)
    yield Kind.COUNT, "shots", len(scene.shots)
    for index, shot in enumerate(scene.shots, 1):
        yield Kind.CAMERA, f"shot {index}", shot.framing


def painter(scene: Any) -> Iterator[Stated]:
    wanted = scene.wanted
    yield Kind.SETTING, "what is below", wanted.paper
    if isinstance(wanted, Stroke):
        yield Kind.OBJECT, "the stroke", wanted.path
        yield Kind.COLOUR, "the stroke", wanted.colour
    else:
        yield Kind.OBJECT, "the food", wanted.food
        yield Kind.COLOUR, "the food", wanted.colour
        yield Kind.DIRECTION, "the bites", wanted.side
        yield Kind.COUNT, "bites", wanted.bites


def game(scene: Any) -> Iterator[Stated]:
    yield Kind.SETTING, "the view", scene.wanted.view
    yield Kind.SETTING, "the place", scene.wanted.theme
    yield Kind.COLOUR, "the player", scene.wanted.player
    yield Kind.COUNT, "deeds", len(scene.told)
    for index, told in enumerate(scene.told, 1):
        yield Kind.ACTION, f"deed {index}", told.act
        if told.act.name != "JUMP":
            yield Kind.DIRECTION, f"deed {index}", told.direction
        if told.blocked:
            yield Kind.SETTING, f"deed {index}", "a wall stops it"
    cave = {"clouds": "mist", "pond": "lava"} if scene.wanted.theme.name == "CAVE" else {}
    for feature in scene.features:
        name = feature.name.lower()
        yield Kind.OBJECT, "", cave.get(name, name)
    if scene.item is not None:
        yield Kind.OBJECT, "", scene.item


STATED: dict[str, Callable[[Any], Iterator[Stated]]] = {
    one.__name__: one for one in (flat, solids, shots, painter, game)
}


def stated_facts(domain: str, scene: Any) -> set[Fact]:
    """Facts that every detailed caption of a scene states."""
    found = set()
    for kind, about, value in STATED[domain](scene):
        found.add(Fact(kind, value.name.lower() if hasattr(value, "name") else str(value), about))
    return found
