"""What a prompt says of places is refused by name, and no caption of the world is."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from sora_core.language.grammar import GrammarExpander, OutsideError
from sora_core.language.grammar.expander import grammars
from sora_core.language.grammar.relations import refuse_relations
from sora_core.language.grammar.tags import split_words
from sora_core.world import DOMAINS, Style

SPOKEN = """
from sora_core.language.grammar import GrammarExpander
for prompt in ("a red circle moves right 3 times", "a red ball", "player picks up a coin", "two cubes", "blu squre"):
    for seed in (1, 3):
        try:
            print(GrammarExpander().expand(prompt, seed=seed))
        except ValueError as error:
            print(error)
"""


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a red circle in front of a blue square", "in front of"),
        ("a red circle on a blue square", "on"),
        ("a red circle past a blue square", "past"),
        ("a square, on it a red circle", "on"),
        ("a circle left of a square", "left of"),
        ("a red cube on the left of a blue sphere", "left of"),
        ("a red ball to the left of a blue cube", "to the left of"),
        ("a red ball under a blue cube", "under"),
        ("a red cube above a blue ball", "above"),
        ("a red cube by a blue ball", "by"),
        ("a red circle on the left", "the left"),
        ("the left cube", "the left"),
        ("a red ball in front of a brown wall", "in front of"),
        ("a red ball on a wall", "on"),
        ("a coin left of the player", "left of"),
        ("player jumps on a platform", "on"),
    ],
)
def test_where_a_thing_is_beside_another_is_refused(prompt, words):
    with pytest.raises(OutsideError, match=f"'{words}' says where something is"):
        GrammarExpander().expand(prompt)


@pytest.mark.parametrize("prompt", ["a red ball rolls to the left", "a red circle on a navy background, moving left"])
def test_ways_and_grounds_are_no_places_of_things(prompt):
    assert GrammarExpander().expand(prompt).check.faithful


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_caption_of_the_world_is_refused(domain):
    rng, grammar = random.Random(7), grammars()[domain]
    for number in range(30):
        scene = DOMAINS[domain].sample(rng, unseen=number % 2 > 0)
        for style in Style:
            for still in (False, True):
                text = DOMAINS[domain].caption(scene, style, rng, still=still)
                tokens, unknown = grammar.lexicon.scan(split_words(text))
                assert unknown == []
                refuse_relations(tokens)


def test_every_process_gives_the_same_answers():
    said = [
        subprocess.run(
            [sys.executable, "-c", SPOKEN],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert said[0].count("\n") == 10
