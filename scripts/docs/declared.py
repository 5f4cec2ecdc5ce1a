"""Reads the schemas of the nodes, the source of every text about a node."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headless.pack import import_from_pack

WIDGETS = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")


class DocsError(ValueError):
    """Something must be written or fixed by hand before the texts can be generated."""


@dataclass(frozen=True)
class Socket:
    """An input or an output. label: the name that ComfyUI shows. values: default and range of an input."""

    id: str
    label: str
    type: str
    tooltip: str
    values: str = ""


@dataclass(frozen=True)
class Node:
    """A node with its sockets in order."""

    id: str
    title: str
    description: str
    inputs: tuple[Socket, ...]
    outputs: tuple[Socket, ...]


def install_host() -> None:
    """Install headless as the nodes' host, with the bundled model only, because schemas ask the host for names."""
    terminal = import_from_pack("headless.terminal").Terminal()
    temp = Path(tempfile.gettempdir())  # no node runs, so nothing is written there
    host = import_from_pack("headless.host").HeadlessHost(model_roots=[], temp=temp, device="cpu", terminal=terminal)
    import_from_pack("nodes.host").install(host)


def declared_nodes() -> list[Node]:
    """Read every node of the pack, in the order of `nodes.NODES`."""
    install_host()
    return [_node(node) for node in import_from_pack("nodes").NODES]


def _node(node: Any) -> Node:
    info = node.GET_NODE_INFO_V1()
    described = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
    names, types, tooltips = info["output_name"], info["output"], info["output_tooltips"]
    return Node(
        id=info["name"],
        title=info["display_name"],
        description=info["description"],
        inputs=tuple(
            _input(declared.id, described[declared.id], optional=declared.optional)
            for declared in node.GET_SCHEMA().inputs
            if not described[declared.id][1].get("hidden")
        ),
        outputs=tuple(Socket(*each) for each in zip(names, names, types, tooltips, strict=True)),
    )


def _input(name: str, described: tuple[str, dict[str, Any]], *, optional: bool) -> Socket:
    io_type, options = described
    label = options.get("display_name") or name.replace("_", " ")
    values = in_words(io_type, options) if io_type in WIDGETS else "optional" if optional else "required"
    return Socket(name, label, io_type.replace(",", " or "), options["tooltip"], values)


def in_words(io_type: str, options: dict[str, Any]) -> str:
    """Format default and range of a widget, such as "8 (1 to 120)"."""
    default = options.get("default")
    if io_type == "COMBO":
        choices = [str(choice) for choice in options["options"]]
        first = choices[0] if default is None else str(default)
        return first if len(choices) == 1 else f"{first} (one of {', '.join(choices)})"
    if io_type == "BOOLEAN":
        return str(bool(default)).lower()
    if io_type == "STRING":
        return (default or "empty").replace("\n", " / ")  # a cell of a table is one line
    return f"{_number(options['default'])} ({_number(options['min'])} to {_number(options['max'])})"


def _number(value: float) -> str:
    return str(value).removesuffix(".0")
