"""Words by which people search find their node among the first three of the pack, as the front end ranks them."""

from __future__ import annotations

import re

import pytest

from headless.pack import import_from_pack

WORDS = re.compile(r" |\b|(?<=[a-z])(?=[A-Z])|(?=[A-Z][a-z])")
UNMATCHED = 9


def rank_of_name(query: str, name: str) -> tuple[float, float]:
    """How well a name fits, less is better: equal, begins with it, has it as a word, has it."""
    words, lower = [word.lower() for word in WORDS.split(name)], name.lower()
    if lower == query:
        return 0, 0
    if lower.startswith(query):
        return 1, len(name)
    if query in words:
        return 2, lower.index(query) + len(name) * 1.5
    return (3, lower.index(query) + len(name) * 1.5) if query in lower else (UNMATCHED, 0)


def found(query, nodes):
    """Ids of the nodes that have a word in a name or an alias, in the order of the front end.

    It ranks by names; among nodes found by an alias alone, the fit of the alias decides.
    """
    ranked = []
    for node in nodes.values():
        schema = node.GET_SCHEMA()
        names, aliases = (schema.node_id, schema.display_name), schema.search_aliases
        fits = [len(query) / len(text) for text in (*names, *aliases) if query in text.lower()]
        if fits:
            ranked.append((*min(rank_of_name(query, name) for name in names), -max(fits), schema.node_id))
    return [name for *_, name in sorted(ranked)]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("t2v", "SoraVideoGrid"),
        ("txt2vid", "SoraVideoGrid"),
        ("text to video", "SoraSampler"),
        ("i2v", "SoraAnimateImage"),
        ("v2v", "SoraEditVideo"),
        ("flf2v", "SoraKeyframe"),
        ("first last frame", "SoraKeyframe"),
        ("wan", "SoraLoadModel"),
        ("continuation", "SoraExtendVideo"),
        ("loop", "SoraLoopVideo"),
        ("\u56fe\u751f\u89c6\u9891", "SoraAnimateImage"),
        ("\u6587\u751f\u89c6\u9891", "SoraVideoGrid"),
        ("\u9996\u5c3e\u5e27", "SoraKeyframe"),
        ("\u5faa\u73af", "SoraLoopVideo"),
        ("\u7eed\u5199", "SoraExtendVideo"),
    ],
)
def test_a_word_finds_its_node_among_the_first_three(nodes, query, wanted):
    assert wanted in found(query, nodes)[:3]


def test_chinese_words_are_of_nodes_that_there_are(nodes):
    assert set(import_from_pack("nodes.io.chinese_aliases").CHINESE) <= set(nodes)
