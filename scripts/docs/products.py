"""All generated texts by path, for `make docs` and for the tests that compare them with the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import compatibility, help_pages, locales, readme, tree, workflows
from .declared import Node, declared_nodes
from .languages import CODES, Language

ROOT = Path(__file__).resolve().parents[2]


def generated() -> dict[str, str]:
    """Generate all texts of the pack: path -> text."""
    nodes = declared_nodes()
    return english(nodes) | translated(nodes)


def english(nodes: Sequence[Node]) -> dict[str, str]:
    """Generate the texts in English: path -> text."""
    return {
        **locales.texts(nodes, locales.ENGLISH),
        **help_pages.texts(nodes, ROOT),
        **readme.texts(nodes, ROOT),
        **compatibility.texts(ROOT),
        **tree.texts(ROOT),
        **workflows.texts(ROOT),
    }


def translated(nodes: Sequence[Node]) -> dict[str, str]:
    """Generate the texts of every other language; raises DocsError for what is not translated."""
    generated: dict[str, str] = {}
    for language in map(Language.load, CODES):
        spoken = language.translated(nodes)
        generated |= locales.texts(spoken, language.code)
        generated |= help_pages.translated(spoken, language, ROOT)
        generated |= readme.translated(spoken, language, ROOT)
    return generated
