"""Generates description and tables in the help pages that ComfyUI shows.

web/docs/<NodeId>.md is the English page, web/docs/<NodeId>/<language>.md that of another language.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

from .declared import DocsError, Node
from .languages import Language, check_prose
from .marked import END, filled, marker, table

FOLDER = "web/docs"
WIDTH = 120
PARTS = ("description", "inputs", "outputs")
INPUTS = ("input", "type", "default and range", "what it does")
OUTPUTS = ("output", "type", "what it is")


def texts(nodes: Iterable[Node], root: Path) -> dict[str, str]:
    """Generate the pages: path -> text; raises DocsError for a node without a page, or a page without a node."""
    nodes = list(nodes)
    pages = {path.stem: path for path in sorted((root / FOLDER).glob("*.md"))}
    if lacking := [node.id for node in nodes if node.id not in pages]:
        skeleton = "\n".join(["# Title", *(f"{marker(part)}\n{END}" for part in PARTS), "Prose."])
        raise DocsError(f"no help page for {', '.join(lacking)}; write {FOLDER}/NODE_ID.md in this form:\n{skeleton}")
    if astray := sorted(set(pages) - {node.id for node in nodes}):
        raise DocsError(f"{FOLDER} has pages for {', '.join(astray)}, which are no nodes")
    english = ((f"{FOLDER}/{node.id}.md", node) for node in nodes)
    return {where: page(node, (root / where).read_text(encoding="utf-8"), where) for where, node in english}


def translated(nodes: Iterable[Node], language: Language, root: Path) -> dict[str, str]:
    """Generate the pages of a language, for nodes with their texts in it; raises DocsError where one is missing."""
    generated = {}
    for node in nodes:
        where = f"{FOLDER}/{node.id}/{language.code}.md"
        if not (root / where).exists():
            raise DocsError(f"no page {where}; translate {FOLDER}/{node.id}.md")
        text = (root / where).read_text(encoding="utf-8")
        check_prose((root / FOLDER / f"{node.id}.md").read_text(encoding="utf-8"), text, where)
        generated[where] = page(node, text, where, language)
    return generated


def page(node: Node, text: str, where: str, language: Language | None = None) -> str:
    """Replace the generated parts of a page by those of the schema. language: None for English."""
    if not text.startswith(f"# {node.title}\n"):
        raise DocsError(f"{where} begins with {text.splitlines()[:1]}, expected '# {node.title}'")
    inputs = [(f"`{each.id}`", each.type, each.values, each.tooltip) for each in node.inputs]
    outputs = [(f"`{each.id}`", each.type, each.tooltip) for each in node.outputs]
    description = textwrap.fill(node.description, WIDTH) if language is None else node.description
    text = filled(text, "description", description, where)
    text = filled(text, "inputs", table(_head(INPUTS, language), inputs), where)
    return filled(text, "outputs", table(_head(OUTPUTS, language), outputs), where)


def _head(words: tuple[str, ...], language: Language | None) -> tuple[str, ...]:
    return words if language is None else tuple(map(language.word, words))
