"""Captions of game scenes in three styles with many wordings."""

from __future__ import annotations

import random
from enum import Enum

from ..domain import Style
from ..palette import COLOUR_WORDS
from .attributes import Act, Direction, Feature, Theme, View
from .rules import Tile
from .scenes import Scene, Told

WORDS: dict[Enum, tuple[str, ...]] = {
    **COLOUR_WORDS,
    View.SIDE: ("seen from the side", "seen from the side", "side view", "in side view"),
    View.TOP: ("seen from above", "seen from above", "top view", "in top view"),
    Theme.MEADOW: ("meadow", "meadow", "grassland"),
    Theme.DESERT: ("desert", "desert", "sandy land"),
    Theme.SNOW: ("snow", "snow", "snowy land"),
    Theme.CAVE: ("cave", "cave", "dark cavern"),
    Tile.COIN: ("coin", "coin", "gold coin"),
    Tile.GEM: ("gem", "gem", "diamond"),
    Tile.CRATE: ("crate", "crate", "wooden box", "wooden crate"),
}
PLAYERS = ("player", "player", "player", "hero", "character")
PLACES = {Theme.MEADOW: "on a {}", Theme.DESERT: "in a {}", Theme.SNOW: "in the {}", Theme.CAVE: "in a {}"}
PLACE_WORDS = {Theme.SNOW: ("in the snow", "in the snow", "in a snowy land")}
WAYS: dict[Direction, tuple[str, ...]] = {
    Direction.LEFT: ("left", "left", "to the left", "leftward"),
    Direction.RIGHT: ("right", "right", "to the right", "rightward"),
    Direction.UP: ("up", "up", "upwards", "towards the top"),
    Direction.DOWN: ("down", "down", "downwards", "towards the bottom"),
}
SIDES: dict[Direction, tuple[str, ...]] = {
    Direction.LEFT: ("on its left", "on its left", "to its left"),
    Direction.RIGHT: ("on its right", "on its right", "to its right"),
    Direction.UP: ("above it",),
    Direction.DOWN: ("below it",),
}
WALKS = ("walks", "walks", "walks", "goes", "moves")
DIGS = ("digs away", "digs away", "removes", "breaks")
PLACES_DOWN = ("places", "places", "puts down", "sets down")
PICKS = ("picks up", "picks up", "collects", "takes")
FEATURE_WORDS: dict[Feature, tuple[str, ...]] = {
    Feature.PLATFORM: ("a stone platform in the air", "a floating platform", "a brick platform above the ground"),
    Feature.CLOUDS: ("clouds", "small clouds", "clouds in the sky"),
    Feature.BUSHES: ("bushes", "round bushes", "leafy bushes"),
    Feature.WALLS: ("pieces of wall", "blocks of wall", "stone walls"),
    Feature.POND: ("a pond", "a square pond", "a pool"),
    Feature.PATH: ("a path", "a straight path", "a footpath"),
}
HAZE = ("puffs of mist", "small clouds of mist")  # clouds in a cave
LAVA = ("a pool of lava", "a square pool of lava")  # the pond of a cave
PLAIN = 0.6  # probability of the first word of each list
TERSE_DROP = 0.25  # probability that a terse caption omits the theme
PREFIX = "pixel game: "


def caption(scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
    """Describe a scene. still: omit all motion, for single images."""
    if still:
        return PREFIX + _still(scene, style, rng)
    return PREFIX + {Style.TERSE: _terse, Style.DESCRIPTIVE: _descriptive, Style.RICH: _rich}[style](scene, rng)


def pick(words: tuple[str, ...], rng: random.Random) -> str:
    """Pick the first wording with probability PLAIN, else any."""
    return words[0] if rng.random() < PLAIN else rng.choice(words)


def feature_words(feature: Feature, theme: Theme) -> tuple[str, ...]:
    """Return the wordings of a feature in a theme."""
    if theme is Theme.CAVE:
        return {Feature.CLOUDS: HAZE, Feature.POND: LAVA}.get(feature, FEATURE_WORDS[feature])
    return FEATURE_WORDS[feature]


def _player(scene: Scene, rng: random.Random, article: str = "a") -> str:
    colour = pick(WORDS[scene.wanted.player], rng)
    if article == "a" and colour[0] in "aeiou":
        article = "an"
    return f"{article} {colour} {rng.choice(PLAYERS)}"


def _view(scene: Scene, rng: random.Random) -> str:
    return pick(WORDS[scene.wanted.view], rng)


def _place(scene: Scene, rng: random.Random) -> str:
    theme = scene.wanted.theme
    if theme in PLACE_WORDS:
        return pick(PLACE_WORDS[theme], rng)
    return PLACES[theme].format(pick(WORDS[theme], rng))


def _deed(scene: Scene, told: Told, rng: random.Random, *, item: str = "a", crate: str = "the") -> str:
    """Say one thing that the player does, as a predicate, with these articles."""
    way = pick(WAYS[told.direction], rng)
    side = pick(SIDES[told.direction], rng)
    if told.act is Act.WALK:
        return f"{rng.choice(WALKS)} {way}" + (", until a wall stops it" if told.blocked else "")
    if told.act is Act.JUMP:
        return "jumps twice" if told.times > 1 else pick(("jumps", "jumps", "jumps up"), rng)
    if told.act is Act.PLACE:
        return f"{rng.choice(PLACES_DOWN)} a {pick(WORDS[Tile.CRATE], rng)} {side}"
    if told.act is Act.PICK:
        assert scene.item is not None
        return f"{rng.choice(WALKS)} {way} and {rng.choice(PICKS)} {item} {pick(WORDS[scene.item], rng)}"
    if scene.wanted.view is View.SIDE and told.direction is Direction.DOWN:
        return rng.choice(("digs down and falls into the hole", "digs down", "digs a hole below it and falls in"))
    return f"{rng.choice(DIGS)} {crate} {pick(WORDS[Tile.CRATE], rng)} {side}"


def _deeds(scene: Scene, rng: random.Random, *, known: bool = False) -> str:
    """Say all that the player does. known: the things in the level were named before."""
    item, crate = ("the", "the") if known else ("a", rng.choice(("a", "the")))
    deeds = [_deed(scene, told, rng, item=item, crate=crate) for told in scene.told]
    return ", then ".join(deeds)


def _features(scene: Scene, rng: random.Random) -> list[str]:
    return [pick(feature_words(feature, scene.wanted.theme), rng) for feature in scene.features]


def _terse(scene: Scene, rng: random.Random) -> str:
    where = "" if rng.random() < TERSE_DROP else f", {pick(WORDS[scene.wanted.theme], rng)}"
    return f"{_view(scene, rng)}{where}, {_player(scene, rng, '').strip()} {_deeds(scene, rng)}"


def _descriptive(scene: Scene, rng: random.Random) -> str:
    return rng.choice(
        (
            f"{_view(scene, rng)}, {_player(scene, rng)} {_place(scene, rng)} {_deeds(scene, rng)}.",
            f"{_place(scene, rng)}, {_view(scene, rng)}, {_player(scene, rng)} {_deeds(scene, rng)}.",
            f"{_player(scene, rng)} {_place(scene, rng)} {_deeds(scene, rng)}. {_view(scene, rng)}.",
        )
    )


def _rich(scene: Scene, rng: random.Random) -> str:
    level, things = _level(scene, rng), _things(scene, rng)
    return f"{level} {things} the player {_deeds(scene, rng, known=True)}. {_after(scene, rng)}".strip()


def _level(scene: Scene, rng: random.Random) -> str:
    player, view, place = _player(scene, rng), _view(scene, rng), _place(scene, rng)
    return rng.choice(
        (
            f"a level made of square tiles, {view}, with {player} {place}.",
            f"{player} stands {place}, {view}.",
            f"{view}, {player} {place}.",
        )
    )


def _things(scene: Scene, rng: random.Random) -> str:
    """Name what else is to be seen at the start."""
    things = _features(scene, rng)
    if scene.item is not None:
        things.append(f"a {pick(WORDS[scene.item], rng)}")
    if any(Tile.CRATE in row for row in scene.start.grid):
        things.append(f"a {pick(WORDS[Tile.CRATE], rng)}")
    if any(told.blocked for told in scene.told):
        things.append("a wall")
    if not things:
        return "there is nothing else."
    listed = things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"
    there = "there is" if listed.startswith("a ") else "there are"
    return f"{rng.choice((there, 'one sees', 'the level has'))} {listed}."


def _after(scene: Scene, rng: random.Random) -> str:
    """Say what stays."""
    act = scene.told[-1].act
    if act is Act.PLACE:
        return rng.choice(("the crate stays where it is.", "the crate stays.", ""))
    if act in (Act.DIG, Act.PICK):
        return rng.choice(("what is gone stays gone.", "then it stands still.", ""))
    return rng.choice(("then it stands still.", ""))


def _still(scene: Scene, style: Style, rng: random.Random) -> str:
    if style is Style.TERSE:
        return f"{_view(scene, rng)}, {pick(WORDS[scene.wanted.theme], rng)}, {_player(scene, rng, '').strip()}"
    if style is Style.DESCRIPTIVE:
        return f"{_view(scene, rng)}, {_player(scene, rng)} {_place(scene, rng)}."
    return f"{_level(scene, rng)} {_things(scene, rng)}"
