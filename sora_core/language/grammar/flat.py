"""Flat scenes in words: one or two shapes over one colour, a moving camera, or a wall that hides the object."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ...world import Style
from ...world.flat import Attributes, Background, Colour, Direction, Hidden, Pair, Panned, Scene, Shape, Size, Sized
from ...world.flat import Speed as Pace
from ...world.flat.captions import CAMERA, MOVES, MOVING, OPENINGS, STILL_OPENINGS, WORDS, caption
from ...world.solids.sampling import far_colours
from ..facts import Fact, Kind
from .objects import ANYTHING, ANYTHING_WORDS, ObjectReader
from .protocol import Table, object_name, plain
from .tags import NUMBERS, Lexicon, OutsideError, Role, Token

CAMERA_NAME, BACKGROUND, WALL = "the camera", "the background", "the wall"
AXES = ((Direction.LEFT, Direction.RIGHT), (Direction.UP, Direction.DOWN))
STAND = "stand"
FIRST, SECOND = object_name(0), object_name(1)


def _lexicon() -> Lexicon:
    words = Lexicon()
    words.table(Role.COLOUR, WORDS, Colour)
    words.table(Role.SHAPE, WORDS, Shape)
    for shape in Shape:
        plurals = {f"{word}es" if word.endswith("x") else f"{word}s" for word in WORDS[shape]}
        words.add(Role.SHAPE, shape.name.lower(), sorted(plurals))
    words.add(Role.SHAPE, ANYTHING, ANYTHING_WORDS)
    words.table(Role.SIZE, WORDS, Size)
    words.table(Role.WAY, WORDS, Direction)
    words.table(Role.SPEED, WORDS, Pace)
    words.add(Role.SPEED, "slow", ("slow", "slower"))
    words.add(Role.SPEED, "fast", ("quick", "rapid"))
    words.table(Role.GROUND, WORDS, Background)
    words.add(Role.GROUND, "gray", ("grey", "mid-grey"))
    words.add(Role.BACKGROUND, "", ("background", "backdrop"))
    words.add(Role.WALL, "", ("wall",))
    words.add(Role.CAMERA, "pan", ("striped", "stripes"))
    for way, wordings in CAMERA.items():
        for wording in dict.fromkeys(wordings):
            words.add(Role.CAMERA, way.name.lower(), (f"camera {wording}", *([] if "moves" in wording else [wording])))
    words.add(Role.ORDINAL, "1", ("first one", "first"))
    words.add(Role.ORDINAL, "2", ("second one", "second"))
    for number, value in list(NUMBERS.items())[1:]:
        words.add(Role.NUMBER, value, dict.fromkeys((number, value)))
    words.add(Role.ACTION, STAND, ("stands still", "stand still", "standing still", "stays still", "still"))
    openings = " ".join((*MOVES, *MOVING, *OPENINGS, *STILL_OPENINGS)).split()
    words.fill(" ".join(word for word in openings if word != "still"))
    words.fill("move travel glide go drift slide fly flies flying")
    words.fill("on against in front frame fills plain scene shows starting past beside")
    words.fill_phrases((*STILL_OPENINGS, "still of"))
    words.add(Role.BEHIND, "", ("behind",))
    words.fill_phrases(
        (
            "a plain",
            "keeping its shape and its speed",
            "and evenly",
            "starting off",
            "and comes out on the other side",
            "and bounces back when it meets the edge",
        )
    )
    return words


class FlatGrammar:
    """Grammar of the flat domain."""

    name = "flat"
    about = "circles, squares and triangles that move over one colour"

    def __init__(self) -> None:
        self.lexicon = _lexicon()

    def read(self, tokens: Sequence[Token]) -> tuple[Fact, ...]:
        """See Grammar."""
        table, roles = ObjectReader(tokens).table(), {token.role for token in tokens}
        if Role.BEHIND in roles and Role.WALL not in roles:
            raise OutsideError("over one colour, objects only go behind a wall")
        for token, after in zip(tokens, [*tokens[1:], None], strict=True):
            role = after.role if after else None
            if token.role is Role.GROUND:
                if role is Role.SHAPE:
                    raise OutsideError(f"no object is {token.text}: objects are {', '.join(map(_plain, Colour))}")
                if role is Role.WALL:
                    table.put(Kind.COLOUR, token.value, WALL)
                else:
                    table.put(Kind.COLOUR, token.value, BACKGROUND)
            elif token.role is Role.WALL:
                table.put(Kind.SETTING, "wall", "what hides the object")
            elif token.role is Role.CAMERA:
                table.put(Kind.CAMERA, "pan", CAMERA_NAME)
                if token.value != "pan":
                    table.put(Kind.DIRECTION, token.value, CAMERA_NAME)
        return table.facts()

    def write(self, facts: Sequence[Fact], style: Style, rng: random.Random) -> str:
        """See Grammar."""
        return caption(_scene(Table(facts), rng), style, rng)


def _plain(colour: Colour) -> str:
    return colour.name.lower()


def _scene(table: Table, rng: random.Random) -> Scene:
    count = int(table.get(Kind.COUNT, "objects") or 1)
    hidden = table.get(Kind.SETTING, "what hides the object") is not None
    panned = table.get(Kind.CAMERA, CAMERA_NAME) is not None
    sized = any(table.get(Kind.SIZE, object_name(index)) for index in range(count))
    special = [name for name, there in (("a wall", hidden), ("a moving camera", panned), ("sizes", sized)) if there]
    if not panned and any(table.get(Kind.ACTION, object_name(index)) for index in range(count)):
        raise OutsideError("over one colour, objects move: they stand still only where the camera pans over stripes")
    if count > 2:
        raise OutsideError(f"there are at most two objects over one colour, got {count}")
    if len(special) + (count == 2) > 1:
        raise OutsideError(f"{' and '.join([*special, *['two objects'] * (count == 2)])} are not in one scene")
    background = table.pick(Kind.COLOUR, BACKGROUND, Background, rng)
    if panned:
        return Panned(_panned(table, background, rng))
    ways = list(Direction)
    if hidden:
        ways = list(AXES[0])
    first = _attributes(table, FIRST, background, ways, rng)
    if hidden:
        if table.get(Kind.SPEED, FIRST) == "slow":
            raise OutsideError("what goes behind a wall is fast")
        wall = table.pick(Kind.COLOUR, WALL, [one for one in Background if one is not background], rng)
        return Hidden(first._replace(speed=Pace.FAST), wall)
    if count == 2:
        return _pair(table, first, rng)
    return Sized(first, table.pick(Kind.SIZE, FIRST, Size, rng)) if sized else first


def _attributes(
    table: Table, name: str, background: Background, ways: Sequence[Direction], rng: random.Random
) -> Attributes:
    shape, colour = table.pick(Kind.OBJECT, name, Shape, rng), table.pick(Kind.COLOUR, name, Colour, rng)
    way, speed = table.pick(Kind.DIRECTION, name, ways, rng), table.pick(Kind.SPEED, name, Pace, rng)
    return Attributes(shape, colour, background, way, speed)


def _panned(table: Table, background: Background, rng: random.Random) -> Attributes:
    if table.get(Kind.DIRECTION, FIRST) or table.get(Kind.SPEED, FIRST):
        raise OutsideError("where the camera moves over stripes, the object stands still")
    way = table.pick(Kind.DIRECTION, CAMERA_NAME, Direction, rng)
    return _attributes(table, FIRST, background, [way], rng)


def _pair(table: Table, first: Attributes, rng: random.Random) -> Pair:
    asked = [table.get(Kind.DIRECTION, name) for name in (FIRST, SECOND)]
    for axis in AXES:
        names = [way.name.lower() for way in axis]
        if all(way is None or way in names for way in asked):
            break
    else:
        raise OutsideError(f"two objects move along one line, not {plain(asked[0] or '')} and {plain(asked[1] or '')}")
    fitting = [axis for axis in AXES if all(way is None or way in [one.name.lower() for one in axis] for way in asked)]
    axis = rng.choice(fitting)
    colours = far_colours([first.colour])
    if table.get(Kind.COLOUR, SECOND):
        colours = [colour for colour in Colour if colour is not first.colour]
    elif table.get(Kind.COLOUR, FIRST) is None:
        colours = list(Colour)
    way = first.direction if first.direction in axis else rng.choice(axis)
    colour = table.pick(Kind.COLOUR, SECOND, colours, rng)
    second = _attributes(table, SECOND, first.background, axis, rng)
    return Pair(first._replace(direction=way), second._replace(colour=colour))
