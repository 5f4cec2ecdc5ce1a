"""Reads the objects of a scene, and what each is and does, from tokens: the same for flat and for solid objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..facts import Kind
from .protocol import Table, object_name, plain
from .tags import OutsideError, Role, Token

SAID = {
    Role.COLOUR: Kind.COLOUR,
    Role.SIZE: Kind.SIZE,
    Role.ACTION: Kind.ACTION,
    Role.WAY: Kind.DIRECTION,
    Role.SPEED: Kind.SPEED,
}
LOOKS = (Role.COLOUR, Role.SIZE)
DOES = (Role.ACTION, Role.WAY, Role.SPEED)
PLACES = (Role.GROUND, Role.BACKGROUND, Role.WALL, Role.FLOOR, Role.SKY)
PLURAL = frozenset(
    (
        *("spin", "rotate", "jump", "hop", "bounce", "move", "roll", "slide", "glide", "stand", "stand still", "rest"),
        *("travel", "drift", "go", "fly"),
    )
)
"""Verbs of several objects: "a cube and a ball spin"."""
ANYTHING = "anything"  # value of a SHAPE such as "something"
ANYTHING_WORDS = ("something", "object", "thing", "objects", "things", "shape", "shapes")


@dataclass(eq=False)
class Thing:
    """An object under way. said: its facts. behind: whether it passes behind the first one."""

    said: dict[Kind, str] = field(default_factory=dict)
    behind: bool = False

    def say(self, kind: Kind, value: str, text: str) -> None:
        """Add a fact. Raises OutsideError for a second, different one."""
        if self.said.setdefault(kind, value) != value:
            raise OutsideError(f"an object has one {kind.value}: '{text}' comes after '{plain(self.said[kind])}'")

    def fits(self, looks: dict[Kind, str]) -> bool:
        """Whether a noun with these looks may mean this object."""
        return all(self.said.get(kind) == value for kind, value in looks.items())


class ObjectReader:
    """Walks over tokens; `things` then has the objects in the order of the world: what hides others comes first."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.things: list[Thing] = []
        self._current: list[Thing] = []
        self._early: list[tuple[Kind, str, str]] = []  # what is done before anything is named: "moving left, a ball"
        self._ahead: list[tuple[Kind, str, str]] = []  # what the next noun does: "a spinning cube"
        self._looks: dict[Kind, str] = {}
        self._definite = self._behind = self._anything = False
        self._number, self._counted = 1, ""
        for before, token, after in zip((None, *tokens), tokens, (*tokens[1:], None), strict=False):
            if token.role in DOES and before and after and _is_adjective(before, after):
                self._ahead.append((SAID[token.role], token.value, token.text))
            else:
                self._take(token)
        self._no_looks("")
        self._no_number()

    def table(self) -> Table:
        """Return the facts of all objects."""
        table = Table()
        for index, thing in enumerate(self.things):
            for kind, value in thing.said.items():
                table.put(kind, value, object_name(index))
            if thing.behind:
                table.put(Kind.SETTING, "behind object 1", object_name(index))
        if self.things:
            table.put(Kind.COUNT, str(len(self.things)), "objects")
        for kind, value, _ in self._early:
            table.put(kind, value, object_name(0))
        return table

    def _take(self, token: Token) -> None:
        anything, self._anything = self._anything, False
        if token.role in LOOKS and anything:  # "something red"
            self._does(SAID[token.role], token)
        elif token.role in LOOKS:
            if SAID[token.role] in self._looks:
                raise OutsideError(f"'{token.text}' has no object: name each object with its own colour")
            self._looks[SAID[token.role]] = token.value
        elif token.role is Role.SHAPE:
            self._noun(token)
        elif token.role in DOES:
            self._no_looks(token.text)
            self._no_number()
            self._does(SAID[token.role], token)
        elif token.role is Role.NUMBER:
            self._number, self._counted = int(token.value), token.text
        elif token.role is Role.FILLER and token.text in PLURAL and self._current:
            idle = [thing for thing in self.things if not thing.said.keys() & {SAID[role] for role in DOES}]
            self._current = idle or self._current
        elif token.role is Role.THE:
            self._definite = True
        elif token.role is Role.BEHIND:
            self._behind = True
        elif token.role is Role.ORDINAL:
            self._current = [self._nth(int(token.value), token.text)]
        elif token.role in PLACES or token.role is Role.STOP:
            self._no_looks(token.text)
            self._no_number()
            self._definite = self._behind = False

    def _no_number(self) -> None:
        if self._counted:
            raise OutsideError(f"'{self._counted}' counts no objects: put it before what there are so many of")

    def _no_looks(self, text: str) -> None:
        if self._looks:
            looks = " and ".join(map(plain, self._looks.values()))
            raise OutsideError(f"'{looks}' belongs to no object{f' before {text!r}' if text.strip('.,:;') else ''}")

    def _does(self, kind: Kind, token: Token) -> None:
        if token.text in PLURAL and self._current:
            self._current = [thing for thing in self.things if kind not in thing.said]
        if not self._current:
            self._early.append((kind, token.value, token.text))
        for thing in self._current:
            thing.say(kind, token.value, token.text)

    def _noun(self, token: Token) -> None:
        looks, self._anything = dict(self._looks), token.value == ANYTHING
        if not self._anything:
            looks[Kind.OBJECT] = token.value
        fitting = [thing for thing in self.things if thing.fits(looks)] if self._definite else []
        front = [self._hides(fitting, looks)] if self._behind else []
        if not front and fitting:
            self._current = fitting[:1]
        elif not front:
            new = [Thing(dict(looks)) for _ in range(self._number)]
            if not self.things:
                for thing in new:
                    for kind, value, text in self._early:
                        thing.say(kind, value, text)
                self._early = []
            self.things += new
            self._current = new
        for kind, value, text in self._ahead:
            for thing in front or self._current:
                thing.say(kind, value, text)
        self._looks, self._ahead, self._counted = {}, [], ""
        self._definite, self._behind, self._number = False, False, 1

    def _hides(self, fitting: list[Thing], looks: dict[Kind, str]) -> Thing:
        """Return the object behind which the current one passes: one that was named, or a new one."""
        front = next((thing for thing in fitting if thing not in self._current), None) or Thing(looks)
        others = [thing for thing in self.things if thing is not front]
        self.things = [front, *others]
        for thing in self._current:
            thing.behind = True
        return front

    def finish_behind(self) -> None:
        """Take "behind it", after which no noun comes: the last object passes behind the first."""
        if len(self.things) > 1 and not any(thing.behind for thing in self.things):
            self.things[-1].behind = True

    def _nth(self, number: int, text: str) -> Thing:
        if number > len(self.things):
            raise OutsideError(f"'{text}' has no object: name it first")
        return self.things[number - 1]


def _is_adjective(before: Token, after: Token) -> bool:
    """Whether what stands between an article or a look and a noun is said of that noun."""
    article = before.role in (Role.THE, Role.NUMBER, *LOOKS) or before.text in ("a", "an")
    return article and after.role in (Role.SHAPE, *LOOKS)
