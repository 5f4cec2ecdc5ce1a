"""Generates the table of nodes in the README of each language, with the first sentence of each description."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .declared import Node
from .help_pages import FOLDER
from .languages import Language, check_prose
from .marked import filled, first_sentence, table

PATH = "README.md"
HEAD = ("node", "what it does")


def texts(nodes: Iterable[Node], root: Path) -> dict[str, str]:
    """Generate the README with its table: path -> text."""
    rows = [(f"[{node.title}]({FOLDER}/{node.id}.md)", first_sentence(node.description)) for node in nodes]
    return {PATH: filled((root / PATH).read_text(encoding="utf-8"), "nodes", table(HEAD, rows), PATH)}


def translated(nodes: Iterable[Node], language: Language, root: Path) -> dict[str, str]:
    """Generate the README of a language; raises DocsError where it translates an older one."""
    where = f"README.{language.code}.md"
    text = (root / where).read_text(encoding="utf-8")
    check_prose((root / PATH).read_text(encoding="utf-8"), text, where)
    links = (f"[{node.title}]({FOLDER}/{node.id}/{language.code}.md)" for node in nodes)
    rows = [(link, first_sentence(node.description)) for link, node in zip(links, nodes, strict=True)]
    return {where: filled(text, "nodes", table(tuple(map(language.word, HEAD)), rows), where)}
