"""Captions of clips of several shots in three styles, in the words that the solids domain has for the same things.

Every caption names the objects, what they do and each shot's framing; terse ones may omit floor and sky. A standing
object may be left without a verb unless the caption is rich.
"""

from __future__ import annotations

import random

from ..domain import Style
from ..solids.attributes import Motion, Solid
from ..solids.words import pick_floor, pick_hour, pick_noun, pick_sky, pick_verb
from .attributes import Framing
from .scenes import NUMBERS, Scene

FRAMINGS: dict[Framing, tuple[str, ...]] = {
    Framing.WIDE: ("a wide shot", "a wide shot", "a shot from far away", "a distant shot"),
    Framing.CLOSE: ("a close shot", "a close shot", "a close-up", "a shot from close by"),
    Framing.LEFT: ("a shot from the left", "a shot from the left", "a view from the left side"),
    Framing.RIGHT: ("a shot from the right", "a shot from the right", "a view from the right side"),
    Framing.ABOVE: ("a shot from above", "a shot from above", "a high shot", "a view from above"),
}
"""Wordings of each framing; the first is the plain one."""
OPENINGS = ("a video of", "a short clip of", "a 3d animation of", "footage of")
PLAIN = 0.6  # probability of the plain wording
TERSE_DROP = 0.4  # probability that a terse caption omits the floor; the same for the sky
STILL_DROP = 0.6  # probability that a caption, unless it is rich, says nothing of standing


def caption(scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
    """Describe a scene. still: the first shot alone, and no motion."""
    if still:
        return _still(scene, style, rng)
    return {Style.TERSE: _terse, Style.DESCRIPTIVE: _descriptive, Style.RICH: _rich}[style](scene, rng)


def pick_framing(framing: Framing, rng: random.Random) -> str:
    """Pick the name of a framing, with its article."""
    return FRAMINGS[framing][0] if rng.random() < PLAIN else rng.choice(FRAMINGS[framing])


def _bare(noun: str) -> str:
    return noun.removeprefix("an ").removeprefix("a ")


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _noun(solid: Solid, rng: random.Random) -> str:
    return f"{pick_noun(solid.colour, rng)} {pick_noun(solid.shape, rng)}"


def _names(scene: Scene, rng: random.Random) -> list[str]:
    return [pick_framing(shot.framing, rng) for shot in scene.shots]


def _doing(solid: Solid, noun: str, rng: random.Random) -> str:
    """Name an object, with what it does unless it stands and that is left out."""
    left_out = solid.motion is Motion.STAND and rng.random() < STILL_DROP
    return noun if left_out else f"{noun} {pick_verb(solid, rng).participle}"


def _surroundings(scene: Scene, rng: random.Random) -> list[str]:
    """List the floor and the sky of a terse caption, without either that is left out."""
    solids = scene.solids
    floor = [_bare(pick_floor(solids.floor, rng))] if rng.random() >= TERSE_DROP else []
    if rng.random() < TERSE_DROP:
        return floor
    return [*floor, _bare(pick_sky(solids.sky, rng)) if rng.random() < 0.5 else pick_hour(solids.sky, rng)]


def _place(scene: Scene, rng: random.Random) -> str:
    sky = scene.solids.sky
    floor = f"on {pick_floor(scene.solids.floor, rng)}"
    return f"{floor} {f'under {pick_sky(sky, rng)}' if rng.random() < 0.5 else pick_hour(sky, rng)}"


def _terse(scene: Scene, rng: random.Random) -> str:
    objects = [_doing(solid, _noun(solid, rng), rng) for solid in scene.things]
    names = [_bare(name) for name in _names(scene, rng)]
    shots = rng.choice(
        (", then ".join(names), f"{NUMBERS[len(names)]} shots: {', '.join(names)}", f"cut from {' to '.join(names)}")
    )
    return ", ".join([*objects, *_surroundings(scene, rng), shots])


def _descriptive(scene: Scene, rng: random.Random) -> str:
    names = _names(scene, rng)
    objects = " and ".join(_doing(solid, _a(_noun(solid, rng)), rng) for solid in scene.things)
    opening = rng.choice(("", f"{rng.choice(OPENINGS)} "))
    shots = rng.choice((f"first {', then '.join(names)}", f"{NUMBERS[len(names)]} shots, {_listed(names)}"))
    what = f"{opening}{objects} {_place(scene, rng)}"
    return rng.choice((f"{what}: {shots}.", f"{what}, in {_listed(names)}.", f"{shots}: {what}."))


def _rich(scene: Scene, rng: random.Random) -> str:
    nouns = [_noun(solid, rng) for solid in scene.things]
    names = _names(scene, rng)
    start = rng.choice(("the scene shows", "there is", *OPENINGS))
    objects = f"{start} {' and '.join(map(_a, nouns))} {_place(scene, rng)}."
    subjects = [f"the {noun}" for noun in nouns] if len(nouns) > 1 else [rng.choice(("it", f"the {nouns[0]}"))]
    verbs = [pick_verb(solid, rng).finite for solid in scene.things]
    acts = " and ".join(f"{subject} {verb}" for subject, verb in zip(subjects, verbs, strict=True))
    number = NUMBERS[len(names)]
    shots = rng.choice(
        (
            f"there are {number} shots: {_listed(names)}.",
            f"the video has {number} shots: first {', then '.join(names)}.",
            f"the video cuts from {' to '.join(names)}.",
        )
    )
    return f"{objects} {acts}. {shots}" if rng.random() < 0.7 else f"{shots} {objects} {acts}."


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _still(scene: Scene, style: Style, rng: random.Random) -> str:
    """Describe the first moment."""
    name, nouns = pick_framing(scene.shots[0].framing, rng), [_noun(solid, rng) for solid in scene.things]
    if style is Style.TERSE:
        return ", ".join([*nouns, *_surroundings(scene, rng), _bare(name)])
    what = f"{' and '.join(map(_a, nouns))} {_place(scene, rng)}"
    return rng.choice((f"{name} of {what}.", f"{what}, {name}.", f"a picture of {what}, {name}."))
