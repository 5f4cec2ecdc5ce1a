"""Generates the table of nodes in README.md, with the first sentence of each description."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .declared import Node
from .help_pages import FOLDER
from .marked import filled, first_sentence, table

PATH = "README.md"


def texts(nodes: Iterable[Node], root: Path) -> dict[str, str]:
    """Generate the README with its table: path -> text."""
    rows = [(f"[{node.title}]({FOLDER}/{node.id}.md)", first_sentence(node.description)) for node in nodes]
    content = table(("node", "what it does"), rows)
    return {PATH: filled((root / PATH).read_text(encoding="utf-8"), "nodes", content, PATH)}
