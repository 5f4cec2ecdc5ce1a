"""Clips of several shots in words: solids on a floor under a sky, and how the camera of each shot stands."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise, product

from ...world import Style
from ...world.shots.attributes import FIRST, Framing, framings_after
from ...world.shots.captions import FRAMINGS, OPENINGS, caption
from ...world.shots.sampling import scene_of
from ...world.shots.scenes import NUMBERS as COUNTS
from ...world.solids.attributes import CROSSING, Camera, Floor, Sky
from ..facts import Fact, Kind
from .protocol import Table
from .solids import FLOOR, SKY, draw_solids, read_solids, solid_lexicon
from .tags import Lexicon, OutsideError, Role, Token

SHOTS = "shots"
MOST = 2  # objects


def shot_name(index: int) -> str:
    """What facts of the shot at an index are about."""
    return f"shot {index + 1}"


def _lexicon() -> Lexicon:
    words = solid_lexicon()
    for framing, wordings in FRAMINGS.items():
        bare = (wording.removeprefix("a ") for wording in wordings)
        words.add(Role.FRAMING, framing.name.lower(), dict.fromkeys((*wordings, *bare)))
    words.add(Role.FRAMING, "close", ("closeup", "close up"))
    for count, number in COUNTS.items():
        words.add(Role.SHOTS, str(count), (f"{number} shots", f"{count} shots"))
    words.fill(" ".join((*OPENINGS, "first cut cuts from to has of in two three shot shots picture for")))
    words.fill_phrases(("the video has", "the video cuts"))
    return words


class ShotsGrammar:
    """Grammar of the shots domain."""

    name = "shots"
    about = "one or two of these in several shots"

    def __init__(self) -> None:
        self.lexicon = _lexicon()

    def read(self, tokens: Sequence[Token]) -> tuple[Fact, ...]:
        """See Grammar."""
        framings = [token for token in tokens if token.role is Role.FRAMING]
        if not framings and not any(token.role is Role.SHOTS for token in tokens):
            return ()  # a scene of solids
        table = read_solids(tokens)
        for index, token in enumerate(framings):
            table.put(Kind.CAMERA, token.value, shot_name(index))
        for token in tokens:
            if token.role is Role.SHOTS:
                table.put(Kind.COUNT, token.value, SHOTS)
        if len(framings) > 1:
            table.put(Kind.COUNT, str(len(framings)), SHOTS)
        return table.facts()

    def write(self, facts: Sequence[Fact], style: Style, rng: random.Random) -> str:
        """See Grammar."""
        table = Table(facts)
        solids = draw_solids(table, Camera.STILL, rng, most=MOST)
        if len(solids) > 1 and any(solid.motion in CROSSING for solid in solids):
            raise OutsideError("of two objects in several shots none moves left or right")
        floor, sky = table.pick(Kind.SETTING, FLOOR, Floor, rng), table.pick(Kind.SETTING, SKY, Sky, rng)
        return caption(scene_of(solids, floor, sky, _framings(table, rng), rng), style, rng)


def _framings(table: Table, rng: random.Random) -> tuple[Framing, ...]:
    """Draw the shots that are not stated."""
    count = int(table.get(Kind.COUNT, SHOTS) or rng.choice(list(COUNTS)))
    if count not in COUNTS:
        raise OutsideError(f"a clip has {' or '.join(COUNTS.values())} shots, got {count}")
    stated = [table.get(Kind.CAMERA, shot_name(index)) for index in range(count)]
    choices = [
        shots
        for shots in product(Framing, repeat=count)
        if shots[0] in FIRST
        and all(after in framings_after(before) for before, after in pairwise(shots))
        and all(name in (None, shot.name.lower()) for name, shot in zip(stated, shots, strict=True))
    ]
    if not choices:
        raise OutsideError("the first shot is wide, close or from above, and each shot differs from the one before it")
    return rng.choice(choices)
