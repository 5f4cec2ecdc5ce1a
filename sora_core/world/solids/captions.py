"""Captions of scenes of solids in three styles, with many wordings.

Terse ones are what people type: floor, sky, a still camera and a standing object may be missing. Rich ones name all
that is seen. A camera that moves and an object that moves are always named, so what is not named stays still.
"""

from __future__ import annotations

import random

from ..domain import Style
from .attributes import Camera, Motion, Solid
from .scenes import Scene
from .words import (
    pick_camera,
    pick_camera_noun,
    pick_floor,
    pick_hour,
    pick_noun,
    pick_sky,
    pick_verb,
)

OPENINGS = ("a video of", "a short clip of", "a 3d animation of", "footage of")
STILL_OPENINGS = ("a picture of", "an image of", "a 3d render of", "a still of")
TERSE_DROP = 0.4  # probability that a terse caption omits the floor; the same for the sky
STILL_DROP = 0.6  # probability that a caption, unless it is rich, omits a still camera; the same for standing


def caption(scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
    """Describe a scene. still: omit all motion, for single images."""
    return (_STILL if still else _MOVING)[style](scene, rng)


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _without_article(noun: str) -> str:
    return noun.removeprefix("an ").removeprefix("a ")


def _noun(solid: Solid, rng: random.Random) -> str:
    return f"{pick_noun(solid.colour, rng)} {pick_noun(solid.shape, rng)}"


def _list(parts: list[str], last: str = " and ") -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + last + parts[-1]


def _says_still(rng: random.Random) -> bool:
    return rng.random() >= STILL_DROP


def _place(scene: Scene, rng: random.Random) -> str:
    """Say floor and sky, in this order, or "at night on a stone floor"."""
    floor = f"on {pick_floor(scene.floor, rng)}"
    sky = f"under {pick_sky(scene.sky, rng)}" if rng.random() < 0.5 else pick_hour(scene.sky, rng)
    return f"{floor} {sky}" if rng.random() < 0.8 else f"{sky} {floor}"


def _terse(scene: Scene, rng: random.Random) -> str:
    return ", ".join([*_terse_objects(scene, rng), *_terse_surroundings(scene, rng), *_terse_camera(scene, rng)])


def _terse_objects(scene: Scene, rng: random.Random) -> list[str]:
    parts = []
    for one in scene.objects:
        noun = _noun(one.solid, rng)
        said = one.solid.motion is not Motion.STAND or _says_still(rng)
        parts.append(f"{noun} {pick_verb(one.solid, rng).participle}" if said else noun)
    if scene.behind:
        parts[-1] += f" behind {rng.choice(('it', 'the other one', f'the {_noun(scene.objects[0].solid, rng)}'))}"
    return parts


def _terse_surroundings(scene: Scene, rng: random.Random) -> list[str]:
    floor, sky = rng.random() >= TERSE_DROP, rng.random() >= TERSE_DROP
    where = _without_article(pick_floor(scene.floor, rng))
    when = _without_article(pick_sky(scene.sky, rng)) if rng.random() < 0.5 else pick_hour(scene.sky, rng)
    return [*([where] if floor else []), *([when] if sky else [])]


def _terse_camera(scene: Scene, rng: random.Random) -> list[str]:
    camera = scene.camera.camera
    said = camera is not Camera.STILL or _says_still(rng)
    return [pick_camera_noun(camera, rng)] if said else []


def _clauses(scene: Scene, rng: random.Random, *, participle: bool) -> list[str]:
    """Say what each object is and does."""
    parts = []
    for one in scene.objects:
        noun, verb = _article(_noun(one.solid, rng)), pick_verb(one.solid, rng)
        parts.append(f"{noun} {verb.participle if participle else verb.finite}")
    if scene.behind:
        parts[-1] += f" behind {rng.choice(('it', f'the {_noun(scene.objects[0].solid, rng)}'))}"
    return parts


def _descriptive(scene: Scene, rng: random.Random) -> str:
    place, camera = _place(scene, rng), pick_camera(scene.camera.camera, rng)
    if scene.camera.camera is Camera.STILL and not _says_still(rng):
        return rng.choice(
            (
                f"{_list(_clauses(scene, rng, participle=False))} {place}.",
                f"{place}, {_list(_clauses(scene, rng, participle=False))}.",
                f"{rng.choice(OPENINGS)} {_list(_clauses(scene, rng, participle=True))} {place}.",
            )
        )
    return rng.choice(
        (
            f"{_list(_clauses(scene, rng, participle=False))} {place} while the camera {camera.finite}.",
            f"{_list(_clauses(scene, rng, participle=False))} {place}. the camera {camera.finite}.",
            f"{rng.choice(OPENINGS)} {_list(_clauses(scene, rng, participle=True))} {place}, "
            f"the camera {camera.participle}.",
            f"the camera {camera.finite}: {_list(_clauses(scene, rng, participle=False))} {place}.",
        )
    )


def _rich(scene: Scene, rng: random.Random) -> str:
    objects = _rich_objects(scene, rng)
    floor = rng.choice(("{} in a checkered pattern", "{} with a pattern of light and dark squares", "{}"))
    floor = floor.format(pick_floor(scene.floor, rng))
    surroundings = rng.choice(
        (
            f"the setting is simple: {floor} below, {pick_sky(scene.sky, rng)} above.",
            f"all this happens on {floor} under {pick_sky(scene.sky, rng)}.",
            f"the scene is set {pick_hour(scene.sky, rng)}, on {floor}.",
        )
    )
    camera = f"the camera {pick_camera(scene.camera.camera, rng).finite}."
    return " ".join(rng.choice(((objects, surroundings, camera), (camera, objects, surroundings))))


def _rich_objects(scene: Scene, rng: random.Random) -> str:
    """Introduce the objects, then say what each does."""
    nouns = [_noun(one.solid, rng) for one in scene.objects]
    first = f"{rng.choice(('the scene shows', 'there is', *OPENINGS))} {_list([_article(noun) for noun in nouns])}."
    acts = []
    for index, (one, noun) in enumerate(zip(scene.objects, nouns, strict=True)):
        name = "it" if len(nouns) == 1 and rng.random() < 0.6 else f"the {noun}"
        act = f"{name} {pick_verb(one.solid, rng).finite}"
        if scene.behind and index == 1:
            act += rng.choice(
                (
                    f", passing behind the {nouns[0]}",
                    f" behind the {nouns[0]}, is hidden by it and comes out on the other side",
                    f" and passes behind the {nouns[0]}",
                )
            )
        acts.append(act)
    return f"{first} {_list(acts, rng.choice((', and ', ', while ')))}."


def _still_terse(scene: Scene, rng: random.Random) -> str:
    return ", ".join([*(_noun(one.solid, rng) for one in scene.objects), *_terse_surroundings(scene, rng)])


def _still_descriptive(scene: Scene, rng: random.Random) -> str:
    nouns = _list([_article(_noun(one.solid, rng)) for one in scene.objects])
    return rng.choice(
        (
            f"{rng.choice(STILL_OPENINGS)} {nouns} {_place(scene, rng)}.",
            f"{nouns} {_place(scene, rng)}.",
        )
    )


_MOVING = {Style.TERSE: _terse, Style.DESCRIPTIVE: _descriptive, Style.RICH: _rich}
_STILL = {Style.TERSE: _still_terse, Style.DESCRIPTIVE: _still_descriptive, Style.RICH: _still_descriptive}
