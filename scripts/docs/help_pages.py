"""Generates description and tables in web/docs/<NodeId>.md, the help pages that ComfyUI shows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

from .declared import DocsError, Node
from .marked import END, filled, marker, table

FOLDER = "web/docs"
WIDTH = 120
PARTS = ("description", "inputs", "outputs")


def texts(nodes: Iterable[Node], root: Path) -> dict[str, str]:
    """Generate the pages: path -> text; raises DocsError for a node without a page, or a page without a node."""
    nodes = list(nodes)
    pages = {path.stem: path for path in sorted((root / FOLDER).glob("*.md"))}
    if lacking := [node.id for node in nodes if node.id not in pages]:
        skeleton = "\n".join(["# Title", *(f"{marker(part)}\n{END}" for part in PARTS), "Prose."])
        raise DocsError(f"no help page for {', '.join(lacking)}; write {FOLDER}/NODE_ID.md in this form:\n{skeleton}")
    if astray := sorted(set(pages) - {node.id for node in nodes}):
        raise DocsError(f"{FOLDER} has pages for {', '.join(astray)}, which are no nodes")
    return {f"{FOLDER}/{node.id}.md": page(node, pages[node.id].read_text(encoding="utf-8")) for node in nodes}


def page(node: Node, text: str) -> str:
    """Replace the generated parts of a page by those of the schema."""
    where = f"{FOLDER}/{node.id}.md"
    if not text.startswith(f"# {node.title}\n"):
        raise DocsError(f"{where} begins with {text.splitlines()[:1]}, expected '# {node.title}'")
    inputs = [(f"`{each.id}`", each.type, each.values, each.tooltip) for each in node.inputs]
    outputs = [(f"`{each.id}`", each.type, each.tooltip) for each in node.outputs]
    text = filled(text, "description", textwrap.fill(node.description, WIDTH), where)
    text = filled(text, "inputs", table(("input", "type", "default and range", "what it does"), inputs), where)
    return filled(text, "outputs", table(("output", "type", "what it is"), outputs), where)
