"""Workflow JSON in API format as typed nodes, links and settings.

The format is that of ComfyUI's "Export (API)": {"3": {"class_type": "...", "inputs": {...}}}. An input ["2", 0] is a
link to output 0 of node 2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from ..sora_core.tensors.foreign_text import MOST_SHOWN, bounded
from .errors import GraphError

SAMPLER = "SoraSampler"
MOST_DEPTH = 50  # of lists and objects in an input


@dataclass(frozen=True)
class Link:
    """A link to output number `slot` of node `node_id`."""

    node_id: str
    slot: int


@dataclass(frozen=True)
class GraphNode:
    """A node: its id, its class, and a Link or constant for each input."""

    id: str
    class_type: str
    inputs: dict[str, Any]

    def __str__(self) -> str:
        return f"node {bounded(self.id, MOST_SHOWN)} ({bounded(self.class_type, MOST_SHOWN)})"

    @property
    def links(self) -> dict[str, Link]:
        """Inputs that are links."""
        return {name: value for name, value in self.inputs.items() if isinstance(value, Link)}


@dataclass(frozen=True)
class Setting:
    """One `--set NODE.INPUT=VALUE`; the value is text until the input's type is known."""

    node_id: str
    input_name: str
    text: str

    @classmethod
    def parse(cls, argument: str) -> Setting:
        """Parse "3.text=a red circle"; an input's name may contain dots ("7.format.codec=h264")."""
        target, equals, text = argument.partition("=")
        node_id, dot, input_name = target.strip().partition(".")
        if not (equals and dot and node_id and input_name):
            raise GraphError(f"--set: got {argument!r}, expected NODE.INPUT=VALUE, for example 3.text='a red circle'")
        return cls(node_id, input_name, text)


Graph = dict[str, GraphNode]


def parse_graph(document: Any) -> Graph:
    """Parse a graph from JSON values.

    Also takes {"prompt": graph}, as posted to ComfyUI's server, and {"output": graph}, as its browser makes it.
    """
    for outer in ("prompt", "output"):
        inner = document.get(outer) if isinstance(document, dict) else None
        if isinstance(inner, dict) and "class_type" not in inner:
            document = inner
    if not isinstance(document, dict):
        raise GraphError(f"got a JSON {type(document).__name__}, expected an object of nodes in ComfyUI's API format")
    if not document:
        raise GraphError("the graph is empty: expected at least one node")
    problems: list[str] = []
    graph = {node_id: _parse_node(node_id, entry, problems) for node_id, entry in document.items()}
    if problems:
        raise GraphError(problems)
    return graph


def in_api_format(graph: Graph) -> dict[str, Any]:
    """A graph as ComfyUI's hidden input `prompt` has it."""
    return {
        node.id: {
            "class_type": node.class_type,
            "inputs": {
                name: [value.node_id, value.slot] if isinstance(value, Link) else _constant(value)
                for name, value in node.inputs.items()
            },
        }
        for node in graph.values()
    }


def with_sigmas(graph: Graph, sigmas: str) -> Graph:
    """Set the noise levels of every Sora Sampler; raises GraphError if there is none."""
    samplers = [node for node in graph.values() if node.class_type == SAMPLER]
    if not samplers:
        raise GraphError(f"--sigmas: the graph has no {SAMPLER}, whose noise levels it sets")
    source = next(name for name in map(str, count(1)) if name not in graph)
    added = {source: GraphNode(source, "ManualSigmas", {"sigmas": sigmas})}
    link = {"sigmas": Link(source, 0)}
    return graph | added | {node.id: replace(node, inputs=node.inputs | link) for node in samplers}


def _parse_node(node_id: str, entry: Any, problems: list[str]) -> GraphNode:
    class_type = entry.get("class_type") if isinstance(entry, dict) else None
    if not isinstance(class_type, str):
        problems.append(f'node {node_id}: got {_short(entry)}, expected {{"class_type": NAME, "inputs": {{...}}}}')
        return GraphNode(node_id, "?", {})
    inputs = entry.get("inputs", {})
    if not isinstance(inputs, dict):
        problems.append(f'node {node_id} ({class_type}): "inputs" is {_short(inputs)}, expected an object')
        return GraphNode(node_id, class_type, {})
    deep = [name for name, value in inputs.items() if is_too_deep(value)]
    problems += [f"node {node_id} ({class_type}), input {name!r}: nested too deeply" for name in deep]
    return GraphNode(
        node_id, class_type, {name: parse_value(value) for name, value in inputs.items() if name not in deep}
    )


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects are nested in a value as no input has them, and as Python cannot print them."""
    layer = [value]
    for _ in range(MOST_DEPTH):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(layer)


def parse_value(value: Any) -> Any:
    """Parse an input: ["2", 0] is a Link, {"__value__": v} is v (the host's way to pass a list), else a constant."""
    if isinstance(value, dict) and "__value__" in value:
        return value["__value__"]
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int) and _is_slot(value[1]):
        return Link(str(value[0]), int(value[1]))
    return value


def _is_slot(value: Any) -> bool:
    """Whether a value is a whole number; as in the host it may be written 0.0."""
    return type(value) is int or (type(value) is float and value.is_integer())


def _short(value: Any, limit: int = 60) -> str:
    text = "a value that is nested too deeply" if is_too_deep(value) else json.dumps(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _constant(value: Any) -> Any:
    """A constant as a graph has it, in which a list is a link."""
    return {"__value__": value} if isinstance(value, list) else value
