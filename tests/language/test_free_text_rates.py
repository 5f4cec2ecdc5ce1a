"""How often the check of free text refuses a faithful rewriting, and how often it misses a change, on fixed sets.

`rewritten_prompts.json` was looked at when the word lists were made; `rewritten_prompts_unseen.json` was written after
them and measured once. Tests sora_core/language/free_text.py and vocabulary.py.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sora_core.language.facts import compare
from sora_core.language.free_text import FreeTextReader
from source_tree import ROOT

SEEN, UNSEEN = "rewritten_prompts", "rewritten_prompts_unseen"
REFUSED = {
    SEEN: {"never show the monster's face", "a skier goes down the slope"},
    UNSEEN: {
        "a toddler eats spaghetti",
        "hands knead dough on a floury board",
        "a squirrel leaps from branch to branch",
        "a firefighter carries a puppy out of the smoke",
    },
}
"""Prompts whose faithful rewriting is refused: true synonyms, and a negation that moved"""


def cases(name: str) -> list[dict[str, Any]]:
    return json.loads((ROOT / "tests" / "data" / f"{name}.json").read_text(encoding="utf-8"))


def passes(prompt: str, text: str) -> bool:
    read = FreeTextReader().facts
    return compare(read(prompt), read(text)).faithful


@pytest.mark.parametrize(("name", "size"), [(SEEN, 60), (UNSEEN, 20)])
def test_only_synonyms_are_refused(name, size):
    found = cases(name)
    assert len(found) == size
    assert {case["prompt"] for case in found if not passes(case["prompt"], case["faithful"])} == REFUSED[name]


@pytest.mark.parametrize(("name", "changes", "swapped"), [(SEEN, 120, 3), (UNSEEN, 24, 0)])
def test_only_what_belongs_to_something_else_is_missed(name, changes, swapped):
    changed = [(case["prompt"], kind, text) for case in cases(name) for kind, text in case["changed"].items()]
    assert len(changed) == changes
    assert [kind for prompt, kind, text in changed if passes(prompt, text)] == ["swapped"] * swapped
