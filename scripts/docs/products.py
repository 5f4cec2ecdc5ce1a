"""All generated texts by path, for `make docs` and for the test that compares them with the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import blueprints, compatibility, help_pages, locales, readme, tree, workflows
from .declared import Node, declared_nodes

ROOT = Path(__file__).resolve().parents[2]


def generated(nodes: Sequence[Node] | None = None) -> dict[str, str]:
    """Generate all texts: path -> text. nodes: None for those of the pack."""
    nodes = declared_nodes() if nodes is None else nodes
    return {
        **locales.texts(nodes),
        **help_pages.texts(nodes, ROOT),
        **readme.texts(nodes, ROOT),
        **compatibility.texts(ROOT),
        **tree.texts(ROOT),
        **workflows.texts(ROOT),
        **blueprints.texts(ROOT),
    }
