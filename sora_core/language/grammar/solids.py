"""Scenes of solids in words. What a prompt does not say stays still, as it does in the captions that models learn."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ...world import Colour, Style
from ...world.solids.attributes import (
    AWAY,
    CROSSING,
    ORBITS,
    SPINNING,
    Attributes,
    Camera,
    Floor,
    Motion,
    Shape,
    Sky,
    Solid,
    allowed,
)
from ...world.solids.captions import OPENINGS, STILL_OPENINGS, caption
from ...world.solids.sampling import can_hide, far_colours
from ...world.solids.scenes import CameraState, Scene, SolidState
from ...world.solids.words import CAMERA_NOUNS, CAMERAS, FLOORS, HOURS, NOUNS, SKIES, verbs
from ..facts import Fact, Kind
from .objects import ANYTHING, ANYTHING_WORDS, ObjectReader
from .protocol import Table, object_name
from .tags import NUMBERS, Lexicon, OutsideError, Role, Token

FLOOR, SKY, CAMERA = "the floor", "the sky", "the camera"
MOST = 3  # objects
MOVE = "move"
PATHS: dict[Camera, tuple[str, str]] = {
    Camera.STILL: ("still", ""),
    Camera.ORBIT_LEFT: ("orbit", "left"),
    Camera.ORBIT_RIGHT: ("orbit", "right"),
    Camera.IN: ("in", ""),
    Camera.OUT: ("out", ""),
    Camera.AWAY_LEFT: ("away", "left"),
    Camera.AWAY_RIGHT: ("away", "right"),
}
"""What a camera does, and to which side."""
WAYS = {
    "left": ("to the left", "left", "leftward", "leftwards", "from right to left", "towards the left"),
    "right": ("to the right", "right", "rightward", "rightwards", "from left to right", "towards the right"),
}
MORE_VERBS = {
    Motion.STAND: ("stand still", "stand", "rest", "stays", "staying", "stays still", "is still", "are still"),
    Motion.SPIN: ("spin", "spins around", "spinning around", "turning", "turns", "rotate", "whirls", "whirling"),
    Motion.JUMP: ("jump", "hop", "bounces", "bouncing", "bounce"),
}
"""Words of people that no caption has."""


def solid_lexicon() -> Lexicon:
    """Return the words for objects, floor and sky, which the shots domain has too."""
    words = Lexicon()
    words.table(Role.COLOUR, NOUNS, Colour)
    words.table(Role.SHAPE, NOUNS, Shape)
    for shape in Shape:
        plurals = {f"{word}es" if word.endswith("x") else f"{word}s" for word in NOUNS[shape]}
        words.add(Role.SHAPE, shape.name.lower(), sorted(plurals))
    words.add(Role.SHAPE, ANYTHING, (*ANYTHING_WORDS, "solid"))
    for motion, wordings in MORE_VERBS.items():
        words.add(Role.ACTION, motion.name.lower(), wordings)
    for shape in Shape:
        for motion in Motion:
            forms = verbs(Solid(shape, Colour.RED, motion))
            name = MOVE if motion in CROSSING else motion.name.lower()
            words.add(Role.ACTION, name, (each for verb in forms for each in verb))
    words.add(Role.ACTION, MOVE, ("move", "roll", "slide", "glide", "traveling", "goes", "going"))
    for way, wordings in WAYS.items():
        words.add(Role.WAY, way, wordings)
    for floor in Floor:
        bare = (wording.removeprefix("a ") for wording in FLOORS[floor])
        words.add(Role.FLOOR, floor.name.lower(), dict.fromkeys((*FLOORS[floor], *bare)))
    words.add(Role.FLOOR, "stone", ("stone", "grey stone floor"))
    words.add(Role.FLOOR, "slate", ("slate",))
    for sky in Sky:
        bare = (wording.removeprefix("a ") for wording in SKIES[sky])
        words.add(Role.SKY, sky.name.lower(), dict.fromkeys((*SKIES[sky], *bare, *HOURS[sky])))
    words.add(Role.SKY, "day", ("daylight", "day", "daytime", "sunny day"))
    words.add(Role.SKY, "dusk", ("dusk", "sunset", "evening", "twilight"))
    words.add(Role.SKY, "night", ("night", "midnight"))
    for number, value in list(NUMBERS.items())[1:]:
        words.add(Role.NUMBER, value, dict.fromkeys((number, value)))
    words.fill_phrases(STILL_OPENINGS)
    words.fill(" ".join((*OPENINGS, "on under in the scene shows in with below above happens all")))
    words.fill("setting simple set side by passing passes sky floor ground")
    words.fill_phrases(("is hidden by it", "and comes out on the other side"))
    words.fill_phrases(("in a checkered pattern", "with a pattern of light and dark squares", "checkered"))
    return words


def _lexicon() -> Lexicon:
    words = solid_lexicon()
    words.add(Role.BEHIND, "", ("behind",))
    for camera, forms in CAMERAS.items():
        said = dict.fromkeys(each for verb in forms for each in verb)
        words.add(Role.CAMERA, camera.name.lower(), (f"camera {each}" for each in said))
        words.add(Role.CAMERA, camera.name.lower(), CAMERA_NOUNS[camera])
        side = f" {PATHS[camera][1]}" if PATHS[camera][1] else ""
        people = {
            "still": ("camera stays still", "camera still"),
            "orbit": (f"camera orbit{side}", f"orbits{side}", f"orbit{side}"),
            "in": ("zooms in", "zooming in", "camera zoom in", "dollies in"),
            "out": ("zooms out", "zooming out", "camera zoom out", "dollies out"),
            "away": (f"pan{side}", f"pans{side}", f"camera pans{side}", f"camera pan{side}"),
        }[PATHS[camera][0]]
        words.add(Role.CAMERA, camera.name.lower(), people)
    words.add(Role.CAMERA, "orbit", ("camera orbits", "camera circles", "orbiting camera", "camera orbit"))
    words.add(Role.CAMERA, "away", ("camera pans", "camera looks away"))
    return words


class SolidsGrammar:
    """Grammar of the solids domain."""

    name = "solids"
    about = "spheres, cubes, cylinders and cones on a floor under a sky"

    def __init__(self) -> None:
        self.lexicon = _lexicon()

    def read(self, tokens: Sequence[Token]) -> tuple[Fact, ...]:
        """See Grammar."""
        table = read_solids(tokens)
        paths = {camera.name.lower(): path for camera, path in PATHS.items()}
        for token in tokens:
            if token.role is Role.CAMERA:
                path, side = paths.get(token.value, (token.value, ""))
                table.put(Kind.CAMERA, path, CAMERA)
                if side:
                    table.put(Kind.DIRECTION, side, CAMERA)
        return table.facts()

    def write(self, facts: Sequence[Fact], style: Style, rng: random.Random) -> str:
        """See Grammar."""
        return caption(_scene(Table(facts), rng), style, rng)


def read_solids(tokens: Sequence[Token]) -> Table:
    """Read objects, floor and sky."""
    reader = ObjectReader(tokens)
    if any(token.role is Role.BEHIND for token in tokens):
        reader.finish_behind()
        if not any(thing.behind for thing in reader.things):
            raise OutsideError("'behind' needs two objects: name the one that hides the other")
    table = reader.table()
    for token in tokens:
        if token.role is Role.FLOOR:
            table.put(Kind.SETTING, token.value, FLOOR)
        elif token.role is Role.SKY:
            table.put(Kind.SETTING, token.value, SKY)
    return table


def draw_solids(table: Table, camera: Camera, rng: random.Random, *, most: int = MOST) -> tuple[Solid, ...]:
    """Draw the objects of a scene. Raises OutsideError for more than so many, and for what no camera shows."""
    count = int(table.get(Kind.COUNT, "objects") or 1)
    if count > most:
        raise OutsideError(f"there are at most {most} such objects in a scene, got {count}")
    stated = [table.get(Kind.COLOUR, object_name(index)) for index in range(count)]
    named = [colour for colour in stated if colour]
    if len(set(named)) < len(named):
        raise OutsideError("the objects of a scene have different colours")
    taken = [Colour[colour.upper()] for colour in named]
    solids: list[Solid] = []
    for index in range(count):
        name = object_name(index)
        colours = list(Colour) if stated[index] else far_colours(taken) or [one for one in Colour if one not in taken]
        colour = table.pick(Kind.COLOUR, name, colours, rng)
        taken.append(colour)
        motion = _motion(table, name, rng)
        if motion in CROSSING and camera in ORBITS:
            raise OutsideError("nothing moves left or right while the camera orbits")
        shapes = [shape for shape in Shape if allowed(Solid(shape, colour, motion), camera)]
        if table.get(Kind.OBJECT, name) not in (None, *(shape.name.lower() for shape in shapes)):
            raise OutsideError(f"only {' and '.join(f'{one.name.lower()}s' for one in SPINNING)} spin")
        solids.append(Solid(table.pick(Kind.OBJECT, name, shapes, rng), colour, motion))
    return tuple(solids)


def _motion(table: Table, name: str, rng: random.Random) -> Motion:
    action, way = table.get(Kind.ACTION, name), table.get(Kind.DIRECTION, name)
    if way is not None and action not in (None, MOVE):
        raise OutsideError(f"{name} cannot {action} and also move to the {way}")
    if action == MOVE or way is not None:
        return table.pick(Kind.DIRECTION, name, CROSSING, rng)
    if action is None and table.get(Kind.SETTING, name) is not None:  # what passes behind another object crosses
        return rng.choice(CROSSING)
    return Motion.STAND if action is None else Motion[action.upper()]


def _camera(table: Table, rng: random.Random) -> Camera:
    path, side = table.get(Kind.CAMERA, CAMERA) or "still", table.get(Kind.DIRECTION, CAMERA)
    return rng.choice([one for one, said in PATHS.items() if said[0] == path and side in (None, said[1])])


def _scene(table: Table, rng: random.Random) -> Scene:
    """Draw a scene of which only the words are exact: its places are never rendered."""
    camera = _camera(table, rng)
    solids = draw_solids(table, camera, rng)
    floor, sky = table.pick(Kind.SETTING, FLOOR, Floor, rng), table.pick(Kind.SETTING, SKY, Sky, rng)
    behind = any(table.get(Kind.SETTING, object_name(index)) for index in range(len(solids)))
    if behind and not (len(solids) == 2 and solids[1].motion in CROSSING):
        raise OutsideError("what passes behind another object moves left or right, and there are two objects")
    if behind and not can_hide(Attributes(solids[0], floor, sky, camera)):
        still = "and the camera may not orbit or look away" if camera in (*AWAY, *ORBITS) else "and is no cone"
        raise OutsideError(f"what hides another object stands still, {still}")
    objects = tuple(SolidState(solid, x=0.0, z=0.0, size=1.0, yaw=0.0) for solid in solids)
    return Scene(objects, floor, sky, CameraState(camera, 1.0, 1.0), (0.0, 0.0, 0.0), behind)
