"""The bundled expander: the grammar itself, which keeps every fact and is the same for a seed on every machine.

A prompt is read by the domain that knows most of its words; what it leaves open is drawn, and the detailed caption is
read back: only one that still states every fact is returned.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from ...system.polling import Poll, never
from ...world import Style
from ..chinese import is_chinese, to_english
from ..expanding import check_prompt
from ..facts import Check, Fact, compare
from ..results import BackEnd, Expansion
from .flat import FlatGrammar
from .game import GameGrammar
from .painter import PainterGrammar
from .protocol import Grammar
from .relations import refuse_relations
from .shots import ShotsGrammar
from .solids import SolidsGrammar
from .spelling import corrected, unswapped
from .tags import Lexicon, OutsideError, split_words

VERSION = "2"
TRIES = 40  # drawn scenes of each style
MOST_FAILED = 6  # draws without a scene, after which there is none
MOST_NAMED = 5  # unknown words in a message
DOMAIN = re.compile("\\s*([a-z]+)\\s*[:\uff1a]", re.I)  # at the beginning of a prompt
RULED_OUT = frozenset({"no", "not", "without", "never"})
DOMAINS: tuple[type[Grammar], ...] = (FlatGrammar, SolidsGrammar, ShotsGrammar, PainterGrammar, GameGrammar)


@cache
def grammars() -> Mapping[str, Grammar]:
    """Every grammar by the name of its domain; earlier ones come first where a prompt suits several."""
    return {kind.name: kind() for kind in DOMAINS}


class Reading(NamedTuple):
    """A prompt as a domain reads it. corrected: (written, meant) of misspelt words."""

    grammar: Grammar
    facts: tuple[Fact, ...]
    corrected: tuple[tuple[str, str], ...] = ()


class WorldReader:
    """A FactReader of captions of one domain, or of any: exact for what the grammar can read, nothing otherwise."""

    def __init__(self, domains: Sequence[str] = ()) -> None:
        self._grammars = _chosen(domains)

    def facts(self, text: str) -> tuple[Fact, ...]:
        """See FactReader. A text outside the world has no facts."""
        try:
            return read_prompt(text, self._grammars, spell=False)[0].facts
        except OutsideError:
            return ()


class GrammarExpander:
    """An Expander for nano's world. domains: names of those that the model knows; all where it is empty."""

    backend = BackEnd("the grammar of nano's world", VERSION)

    def __init__(self, domains: Sequence[str] = ()) -> None:
        self._grammars = _chosen(domains)

    def expand(self, prompt: str, *, seed: int = 0, poll: Poll = never) -> Expansion:
        """See Expander. Raises OutsideError for a prompt that the world cannot show."""
        prompt, problem = check_prompt(prompt), ""
        among, text = self._named(prompt)
        for reading in read_prompt(to_english(text) if is_chinese(text) else text, among):
            try:
                text, check = _written(reading, seed, poll)
            except OutsideError as error:
                problem = str(error)
                continue
            meant = ", ".join(f"'{word}' as '{other}'" for word, other in reading.corrected)
            return Expansion(text, prompt, self.backend, check, f"read {meant}" if meant else "")
        raise OutsideError(problem)

    def _named(self, prompt: str) -> tuple[Sequence[Grammar], str]:
        """The domain that a prompt begins with, such as `solids: a red ball`, and the rest; else all that are known."""
        named = DOMAIN.match(prompt)
        among = [each for each in self._grammars if named and each.name == named[1].lower()]
        return (among, check_prompt(prompt[named.end() :])) if named and among else (self._grammars, prompt)


def read_prompt(text: str, among: Sequence[Grammar], *, spell: bool = True) -> list[Reading]:
    """Read a text by the domains that know all of its words; only by those with the fewest misspelt ones.

    Raises OutsideError where there is none.
    """
    words = split_words(text)
    known, strangers = [], []
    for grammar in among:
        strange = dict.fromkeys(grammar.lexicon.scan(words)[1])
        fixes = {word: _meant(word, grammar.lexicon) if spell else "" for word in strange}
        tokens, rest = grammar.lexicon.scan([fixes.get(word) or word for word in words])
        left = [word for word in fixes if (fixes[word] or word) in rest]
        strangers.append(left)
        if tokens and not left:
            known.append((grammar, fixes, tokens))
    fewest = min((len(fixes) for _, fixes, _ in known), default=0)
    unknown = min(strangers, key=len)
    everywhere = bool(set(unknown).intersection(*strangers))
    found, problem = [], _unknown(unknown, among, everywhere=everywhere) if unknown else ""
    for grammar, fixes, tokens in known:
        if len(fixes) > fewest:
            continue
        try:
            facts = grammar.read(tokens)
            refuse_relations(tokens)
        except OutsideError as error:
            problem = problem or f"nano's world cannot show this: {error}"
            continue
        if facts:
            found.append(Reading(grammar, facts, tuple(fixes.items())))
    if not found:
        raise OutsideError(problem or f"the prompt names nothing of nano's world: {_world(among)}")
    return found


def _meant(word: str, lexicon: Lexicon) -> str:
    return corrected(word, lexicon.words) or unswapped(word, lexicon.fillers)


def _written(reading: Reading, seed: int, poll: Poll) -> tuple[str, Check]:
    """Draw scenes until the caption of one states every fact; the same seed and facts give the same text."""
    problem, failed = "what it says does not happen in one scene", 0
    for style in (Style.RICH, Style.DESCRIPTIVE):
        for attempt in range(TRIES):
            poll()
            rng = random.Random(f"{seed} {style.name} {attempt}")
            try:
                text = reading.grammar.write(reading.facts, style, rng)
            except OutsideError as error:
                problem, failed = str(error), failed + 1
                if failed > MOST_FAILED:
                    break
                continue
            words = reading.grammar.lexicon.scan(split_words(text))[0]
            check = compare(reading.facts, reading.grammar.read(words))
            if check.faithful:
                return text, check
    raise OutsideError(f"nano's world cannot show this: {problem}")


def _chosen(domains: Sequence[str]) -> list[Grammar]:
    known = grammars()
    for name in domains:
        if name not in known:
            raise ValueError(f"got the domain {name!r}, expected one of {', '.join(known)}")
    return [known[name] for name in domains] if domains else list(known.values())


def _unknown(words: Sequence[str], among: Sequence[Grammar], *, everywhere: bool) -> str:
    """Name words that no scene has. everywhere: whether that is so of one of them alone, without the other words."""
    if ruled := [word for word in words if word in RULED_OUT or word.endswith("n't")]:
        return f"nano's world cannot leave things out ('{ruled[0]}'): say only what is there"
    named = ", ".join(f"'{word}'" for word in words[:MOST_NAMED])
    more = f" and {len(words) - MOST_NAMED} more words" if len(words) > MOST_NAMED else ""
    return f"nano's world has no {named}{more}{'' if everywhere else ' beside the other words'}: {_world(among)}"


def _world(among: Sequence[Grammar]) -> str:
    return f"it has {'; '.join(grammar.about for grammar in among)}"
