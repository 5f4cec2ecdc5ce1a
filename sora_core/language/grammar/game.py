"""Scenes of the game in words: a level, and what its player does in order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...world import Colour, Style
from ...world.game.attributes import Act, Attributes, Direction, Theme, View, all_combinations
from ...world.game.captions import (
    DIGS,
    FEATURE_WORDS,
    HAZE,
    LAVA,
    PICKS,
    PLACE_WORDS,
    PLACES,
    PLACES_DOWN,
    PLAYERS,
    SIDES,
    WALKS,
    WAYS,
    WORDS,
    caption,
)
from ...world.game.rules import Tile
from ...world.game.scenes import Scene, extended, sample_start
from ..facts import Fact, Kind
from .protocol import Table
from .tags import Lexicon, OutsideError, Role, Token

VIEW, THEME, PLAYER, DEEDS = "the view", "the place", "the player", "deeds"
MIST, LAVA_POOL = "mist", "lava"  # clouds and ponds, as caves have them
PREFIX = "pixel game"
TICKS_PER_DEED = 4
TRIES = 300  # levels that are drawn for what is stated
MOST_DEEDS = 3
DIG_DOWN = ("digs down and falls into the hole", "digs down", "digs a hole below it and falls in", "digs a hole")
PEOPLE = {
    Act.WALK: ("walk", "walking", "goes", "go", "runs", "running", "moves", "moving"),
    Act.JUMP: ("jump", "jumping", "jumps", "jumps up"),
    Act.DIG: ("dig", "digs", "digging", "dig away", "digs away", "breaking"),
    Act.PLACE: ("place", "puts", "placing"),
    Act.PICK: ("pick up", "picking up", "collect", "collecting", "picks"),
}


@dataclass
class Deed:
    """One thing that the player does, as far as it is said."""

    act: str
    way: str = ""
    twice: bool = False
    blocked: bool = False


def deed_name(index: int) -> str:
    """What facts of the deed at an index are about."""
    return f"deed {index + 1}"


def _lexicon() -> Lexicon:
    words = Lexicon()
    words.table(Role.COLOUR, WORDS, Colour)
    words.table(Role.VIEW, WORDS, View)
    words.add(Role.VIEW, "side", ("from the side",))
    words.add(Role.VIEW, "top", ("from above", "top-down", "top down"))
    for theme in Theme:
        bare = (PLACES[theme].format(word) for word in WORDS[theme])
        words.add(Role.THEME, theme.name.lower(), dict.fromkeys((*WORDS[theme], *bare, *PLACE_WORDS.get(theme, ()))))
    words.add(Role.THEME, "snow", ("snowy",))
    for act, wordings in ((Act.WALK, WALKS), (Act.DIG, DIGS), (Act.PLACE, PLACES_DOWN), (Act.PICK, PICKS)):
        words.add(Role.DEED, act.name.lower(), dict.fromkeys((*wordings, *PEOPLE[act])))
    words.add(Role.DEED, "jump", PEOPLE[Act.JUMP])
    words.add(Role.DEED, "dig_down", DIG_DOWN)
    words.add(Role.TWICE, "", ("twice", "two times"))
    for direction in Direction:
        words.add(Role.WAY, direction.name.lower(), dict.fromkeys((*WAYS[direction], *SIDES[direction])))
    words.add(Role.BLOCKED, "", ("until a wall stops it",))
    for feature, names in FEATURE_WORDS.items():
        words.add(Role.FEATURE, feature.name.lower(), names)
    words.add(Role.FEATURE, "platform", ("platform",))
    words.add(Role.FEATURE, "clouds", ("cloud",))
    words.add(Role.FEATURE, "bushes", ("bush",))
    words.add(Role.FEATURE, "walls", ("walls",))
    words.add(Role.FEATURE, "pond", ("pond", "pool"))
    words.add(Role.FEATURE, "path", ("path",))
    words.add(Role.FEATURE, MIST, (*HAZE, "mist"))
    words.add(Role.FEATURE, LAVA_POOL, (*LAVA, "lava"))
    for item in (Tile.COIN, Tile.GEM):
        words.add(Role.ITEM, item.name.lower(), dict.fromkeys(WORDS[item]))
    words.add(Role.PLAYER, "", dict.fromkeys(PLAYERS))
    words.fill(" ".join(dict.fromkeys(WORDS[Tile.CRATE])))
    words.fill("pixel game on in to sees has level with stands a wall what gone stays where hole falls")
    words.fill_phrases(
        (PREFIX, "a level made of square tiles", "then it stands still", "nothing else", "the crate stays where it is")
    )
    words.fill_phrases(dict.fromkeys(WORDS[Tile.CRATE]))
    return words


class GameGrammar:
    """Grammar of the game domain."""

    name = "game"
    about = "a pixel game whose player walks, jumps, digs, places crates and picks up coins"

    def __init__(self) -> None:
        self.lexicon = _lexicon()

    def read(self, tokens: Sequence[Token]) -> tuple[Fact, ...]:
        """See Grammar."""
        named = any(token.text == PREFIX for token in tokens)
        if not named and not any(token.role in (Role.PLAYER, Role.VIEW, Role.THEME) for token in tokens):
            return ()  # of another domain
        table, things = Table([Fact(Kind.SETTING, PREFIX, "the scene")] * named), []
        for token in tokens:
            if token.role is Role.COLOUR:
                table.put(Kind.COLOUR, token.value, PLAYER)
            elif token.role is Role.VIEW:
                table.put(Kind.SETTING, token.value, VIEW)
            elif token.role is Role.THEME:
                table.put(Kind.SETTING, token.value, THEME)
            elif token.role in (Role.FEATURE, Role.ITEM):
                things.append(Fact(Kind.OBJECT, token.value))
        deeds = _deeds(tokens)
        for index, deed in enumerate(deeds):
            table.put(Kind.ACTION, deed.act, deed_name(index))
            if deed.way:
                table.put(Kind.DIRECTION, deed.way, deed_name(index))
            if deed.twice:
                table.put(Kind.COUNT, "2", deed_name(index))
            if deed.blocked:
                table.put(Kind.SETTING, "a wall stops it", deed_name(index))
        if deeds:
            table.put(Kind.COUNT, str(len(deeds)), DEEDS)
        return (*table.facts(), *dict.fromkeys(things))

    def write(self, facts: Sequence[Fact], style: Style, rng: random.Random) -> str:
        """See Grammar."""
        return caption(_scene(Table(fact for fact in facts if fact.about), _things(facts), rng), style, rng)


def _deeds(tokens: Sequence[Token]) -> list[Deed]:
    """Read what the player does, in order; "walks left and picks up a coin" is one deed."""
    deeds: list[Deed] = []
    for token in tokens:
        if token.role is Role.DEED:
            if token.value == "dig_down":
                deeds.append(Deed("dig", "down"))
            elif token.value == "pick" and deeds and deeds[-1].act == "walk" and not deeds[-1].blocked:
                deeds[-1].act = "pick"
            else:
                deeds.append(Deed(token.value))
        elif not deeds:
            continue
        elif token.role is Role.WAY and not deeds[-1].way:
            deeds[-1].way = token.value
        elif token.role is Role.TWICE:
            deeds[-1].twice = True
        elif token.role is Role.BLOCKED:
            deeds[-1].blocked = True
    return [Deed(deed.act, "", deed.twice) if deed.act == "jump" else deed for deed in deeds]


def _things(facts: Sequence[Fact]) -> set[str]:
    return {fact.value for fact in facts if not fact.about}


def _scene(table: Table, things: set[str], rng: random.Random) -> Scene:
    """Draw levels until one has all that is stated, and no deed that is not."""
    theme = table.get(Kind.SETTING, THEME)
    caves = bool(things & {MIST, LAVA_POOL})
    if caves and (theme not in (None, "cave") or things & {"clouds", "pond"}):
        raise OutsideError("mist and lava are in caves; elsewhere there are clouds and ponds")
    if theme == "cave" and things & {"clouds", "pond"}:
        raise OutsideError("a cave has mist and lava, no clouds and ponds")
    count = int(table.get(Kind.COUNT, DEEDS) or 0)
    if count > MOST_DEEDS:
        raise OutsideError(f"the player does at most {MOST_DEEDS} things, got {count}")
    wanted = _wanted(table, things, count)
    lengths = (max(count - 1, 1), max(count, 1))  # a walk that leads to the main deed takes no time of its own
    for _ in range(TRIES):
        scene = sample_start(rng.choice(wanted), rng)
        if not _may_state(scene, table, things, count):
            continue  # before the player's further deeds, which take most of the time, are drawn
        scene = extended(scene, rng, TICKS_PER_DEED * rng.choice(lengths))
        if _may_state(scene, table, things, count) and (not count or len(scene.told) == count):
            return scene
    raise OutsideError("the player cannot do these things in a level with all that is named")


def _wanted(table: Table, things: set[str], count: int) -> list[Attributes]:
    """List the combinations that may lead to what is stated."""
    said = [(table.get(Kind.ACTION, deed_name(n)), table.get(Kind.DIRECTION, deed_name(n))) for n in range(count)]
    for (act, way), after in pairwise(said):
        if (act, way) == after and (way or act == "jump"):
            raise OutsideError(f"the player does not {' '.join(filter(None, (act, way)))} and then the same again")
    mains = said[: 2 if said and said[0][0] == "walk" else 1]  # a walk may only lead to the main deed
    stated = (table.get(Kind.SETTING, VIEW), table.get(Kind.SETTING, THEME), table.get(Kind.COLOUR, PLAYER))
    if things & {MIST, LAVA_POOL}:
        stated = (stated[0], "cave", stated[2])
    found = []
    for one in all_combinations():
        names = (one.view.name.lower(), one.theme.name.lower(), one.player.name.lower())
        if any(asked not in (None, name) for asked, name in zip(stated, names, strict=True)):
            continue
        if one.theme is Theme.CAVE and things & {"clouds", "pond"}:
            continue
        if things & {"coin", "gem"} and one.act is not Act.PICK:
            continue
        deed = (one.act.name.lower(), one.direction.name.lower())
        if not said or any(act == deed[0] and way in (None, deed[1]) for act, way in mains):
            found.append(one)
    if not found:
        raise OutsideError("no player does this in this view: from the side it walks left and right, jumps and digs")
    return found


def _may_state(scene: Scene, table: Table, things: set[str], count: int) -> bool:
    """Whether a scene has all things that are stated, and does nothing else as far as it goes."""
    names = {feature.name.lower() for feature in scene.features} | ({scene.item.name.lower()} if scene.item else set())
    if scene.wanted.theme is Theme.CAVE:
        names = {{"clouds": MIST, "pond": LAVA_POOL}.get(name, name) for name in names}
    if not things <= names or (count and len(scene.told) > count):
        return False
    for index, told in enumerate(scene.told[:count]):
        name = deed_name(index)
        way = table.get(Kind.DIRECTION, name)
        if told.act.name.lower() != table.get(Kind.ACTION, name) or way not in (None, told.direction.name.lower()):
            return False
        if table.get(Kind.SETTING, name) is not None and not told.blocked:
            return False
        if table.get(Kind.COUNT, name) is not None and told.times < 2:
            return False
    return True
