"""Reads and expands prompts by the grammar of one domain alone."""

from __future__ import annotations

from sora_core.language.facts import Fact
from sora_core.language.grammar.expander import GrammarExpander, grammars
from sora_core.language.grammar.tags import split_words


def read_in(domain: str, text: str) -> set[Fact]:
    """Facts of a text of which the domain knows every word."""
    grammar = grammars()[domain]
    tokens, unknown = grammar.lexicon.scan(split_words(text))
    assert unknown == []
    return set(grammar.read(tokens))


def expand_in(domain: str, prompt: str) -> str:
    """The detailed caption that the domain makes of a prompt."""
    return GrammarExpander([domain]).expand(prompt, seed=4).text
