"""The claim that expanded prompts are followed better: terse, partial, misspelt and Chinese ones, and their expansions.

Only what a prompt asks for is counted, whatever the expansion adds. The clips are of single flat objects, which are
read from the pixels of any clip.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...language.chinese import to_chinese
from ...language.facts import Kind
from ...language.grammar import GrammarExpander, OutsideError, WorldReader
from ...world.flat import Attributes, Style, caption, held_out, read_attributes, render, sample_scenes
from ..tables import Row
from .claim import TRUE, Outcome, Request, Tally
from .pictures import labelled, strip
from .subject import Subject

FRAMES = 17
AS_IT_IS, EXPANDED = "the prompt as it is", "its expansion"
ASKED = "asked and shown"
SHORTEST = 4  # letters of a word that is misspelt
MISSPELT = 2  # words of a prompt
ATTRIBUTES = {
    (Kind.OBJECT, "object 1"): "shape",
    (Kind.COLOUR, "object 1"): "colour",
    (Kind.COLOUR, "the background"): "background",
    (Kind.DIRECTION, "object 1"): "direction",
    (Kind.SPEED, "object 1"): "speed",
}
"""What a fact of a prompt asks for."""


class Written(NamedTuple):
    """A prompt as a user writes it. plain: in plain English, which says what it asks for."""

    prompt: str
    plain: str


def terse(wanted: Attributes, rng: random.Random) -> Written:
    """Name most attributes in few words."""
    text = caption(wanted, Style.TERSE, rng)
    return Written(text, text)


def partial(wanted: Attributes, rng: random.Random) -> Written:
    """Name two attributes."""
    colour, shape, way = (part.name.lower() for part in (wanted.colour, wanted.shape, wanted.direction))
    text = rng.choice((f"a {colour} {shape}", f"a {shape} moves {way}", f"something {colour} moves {way}"))
    return Written(text, text)


def misspelt(wanted: Attributes, rng: random.Random) -> Written:
    """Swap two letters inside each of the longest words of a terse prompt."""
    plain = caption(wanted, Style.TERSE, rng)
    words = plain.split()
    longest = sorted(range(len(words)), key=lambda place: -len(words[place]))[:MISSPELT]
    for place in longest:
        if len(words[place]) >= SHORTEST:
            words[place] = _swapped(words[place], rng)
    return Written(" ".join(words), plain)


def chinese(wanted: Attributes, rng: random.Random) -> Written:
    """Name colour, shape and direction in Chinese."""
    parts = [part.name.lower() for part in (wanted.colour, wanted.shape, wanted.direction)]
    return Written("".join(to_chinese(word) for word in (*parts, "moves")), "a {} {} moves {}".format(*parts))


PROMPTS: dict[str, Callable[[Attributes, random.Random], Written]] = {
    "terse": terse,
    "partial": partial,
    "misspelt": misspelt,
    "Chinese": chinese,
}
"""How users write, by name."""


class Expanded:
    """See Claim."""

    several = False

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        (subject,) = subjects
        wanted = held_out()[: request.count]
        rows: list[Row] = []
        pictures = []
        for kind, write in PROMPTS.items():
            rng = random.Random(f"{request.seed}/{kind}")
            written = [write(one, rng) for one in wanted]
            asked = [asked_for(one.plain) for one in written]
            video = subject.video(FRAMES)
            prompts = {AS_IT_IS: [one.prompt for one in written]}
            prompts[EXPANDED] = [expanded(one.prompt, request.seed + place) for place, one in enumerate(written)]
            shown = {name: subject.generated(texts, video, seed=request.seed) for name, texts in prompts.items()}
            shown[TRUE] = render(sample_scenes(wanted, rng), video, subject.fps)
            for name, clips in shown.items():
                tally = Tally((ASKED, *Attributes._fields))
                for clip, one, names in zip(clips, wanted, asked, strict=True):
                    matches = read_attributes(clip, subject.fps).matches(one)
                    score(tally, dict(zip(one._fields, matches, strict=True)), names)
                rows.append(tally.row({"prompts": kind, "sampled with": name, "clips": len(clips)}))
                if texts := prompts.get(name):
                    label = texts[0] if texts[0].isascii() else written[0].plain  # the picture's font has no others
                    pictures.append((f"{kind}, {name}: {label}", strip(clips[0], range(0, FRAMES, 2))))
        return Outcome(rows, labelled(pictures))


def asked_for(plain: str) -> list[str]:
    """List the attributes that a prompt of one flat object asks for."""
    facts = WorldReader(["flat"]).facts(plain)
    return [ATTRIBUTES[fact.kind, fact.about] for fact in facts if (fact.kind, fact.about) in ATTRIBUTES]


def expanded(prompt: str, seed: int) -> str:
    """Expand a prompt as Sora Expand Prompt does: the prompt itself where the grammar cannot read it."""
    try:
        return GrammarExpander().expand(prompt, seed=seed).text
    except OutsideError:
        return prompt


def score(tally: Tally, right: dict[str, bool], asked: Sequence[str]) -> None:
    """Add what one clip shows of what was asked for. right: of all attributes."""
    if asked:
        tally.add(ASKED, sum(right[name] for name in asked) / len(asked))
    for name in asked:
        tally.add(name, right[name])


def _swapped(word: str, rng: random.Random) -> str:
    """Swap two letters inside a word, which are not the same where there are such."""
    places = [place for place in range(1, len(word) - 2) if word[place] != word[place + 1]]
    if not places:
        return word
    at = rng.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
