"""Turns workflow JSON in UI format, as ComfyUI's browser part saves it, into API format, as it would queue it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..sora_core.tensors.foreign_text import first_lines
from .errors import GraphError
from .graph import Link
from .ui_graph import BYPASSED, MUTED, Constant, Scope, UiGraph, UiNode
from .ui_values import FileNames, title_of, values_of

VIRTUAL = ("Reroute", "PrimitiveNode")
GROUP = re.compile("workflow[/>]")

Api = dict[str, dict[str, Any]]


def is_ui_format(document: Any) -> bool:
    """Whether JSON is a workflow as the browser saves it."""
    return isinstance(document, Mapping) and isinstance(document.get("nodes"), list)


def to_api_format(document: Mapping[str, Any], registry: Mapping[str, Any], notify: Callable[[str], None]) -> Api:
    """Convert a saved workflow; raises GraphError for what cannot be converted.

    Muted nodes, and those that need them, are left out; `notify` is told about the latter. registry: classes by name.
    """
    graph = UiGraph(document)
    running = [
        (scope, node)
        for scope, node in graph.nodes
        if node.type not in VIRTUAL and node.state not in (MUTED, BYPASSED) and not _is_decoration(node, registry)
    ]
    groups = [node for _, node in running if GROUP.match(node.type)]
    if groups:
        raise GraphError([f"{node}: a group node; turn it into nodes or a subgraph in ComfyUI" for node in groups])
    api: Api = {}
    lost = {}
    for scope, node in running:
        inputs, reason = _inputs(graph, scope, node, registry)
        api[node.path] = {"class_type": node.type, "inputs": inputs, "_meta": {"title": title_of(node, registry)}}
        if reason:
            lost[node.path] = f"{node} is left out: {reason}"
    told = _without_lost(api, lost, registry)
    silent = told + _silent_outputs(graph, registry)
    if silent and not any(_is_output(entry["class_type"], registry) for entry in api.values()):
        raise GraphError([f"nothing is left to run: {line}" for line in silent])
    for line in first_lines(told):
        notify(line)
    names = FileNames(graph.nodes, registry, {path: entry["inputs"] for path, entry in api.items()})
    for entry in api.values():
        prefix = entry["inputs"].get("filename_prefix")
        if isinstance(prefix, str):
            entry["inputs"]["filename_prefix"] = names.fill_in(prefix)
    return api


def _inputs(graph: UiGraph, scope: Scope, node: UiNode, registry: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The inputs of a node in API format, and why it cannot run if one that it needs is muted or bypassed away."""
    inputs = {name: _constant(value) for name, value in values_of(scope, node, registry).items()}
    reasons = []
    for slot, socket in enumerate(node.inputs):
        source = graph.source(scope, node, slot)
        if isinstance(source, Link):
            inputs[socket.name] = [source.node_id, source.slot]
        elif isinstance(source, Constant):
            inputs[socket.name] = _constant(source.value)
        elif source.reason and socket.name not in inputs:
            reasons += [source.reason] if _is_needed(node.type, socket.name, registry) else []
    return inputs, reasons[0] if reasons else ""


def _without_lost(api: Api, lost: dict[str, str], registry: Mapping[str, Any]) -> list[str]:
    """Remove nodes that cannot run, and what needs them; returns a line for each."""
    users: dict[str, list[tuple[str, str]]] = {}
    for path, entry in api.items():
        for name, value in entry["inputs"].items():
            if isinstance(value, list):
                users.setdefault(value[0], []).append((path, name))
    told, waiting = [], list(lost.items())
    while waiting:
        path, line = waiting.pop(0)
        removed = api.pop(path, None)
        if removed is None:
            continue
        told.append(line)
        for user, name in users.get(path, ()):
            if user not in api:
                continue
            class_type = api[user]["class_type"]
            del api[user]["inputs"][name]
            if _is_needed(class_type, name, registry):
                reason = f"it needs node {path} ({removed['class_type']})"
                waiting.append((user, f"node {user} ({class_type}) is left out: {reason}"))
    return told


def _silent_outputs(graph: UiGraph, registry: Mapping[str, Any]) -> list[str]:
    """A line for each muted or bypassed node that may give a result: an output node, or a subgraph."""
    states = {MUTED: "muted", BYPASSED: "bypassed"}
    return [
        f"{node} is {states[node.state]}"
        for _, node in graph.nodes
        if node.state in states
        and (graph.is_subgraph(node) or (node.type in registry and _is_output(node.type, registry)))
    ]


def _is_decoration(node: UiNode, registry: Mapping[str, Any]) -> bool:
    """Whether a node is unknown and connected to nothing, such as a label."""
    outputs = node.saved.get("outputs")
    linked = [each.get("links") for each in outputs if isinstance(each, Mapping)] if isinstance(outputs, list) else []
    return node.type not in registry and not any(linked) and all(socket.link is None for socket in node.inputs)


def _is_needed(class_type: str, name: str, registry: Mapping[str, Any]) -> bool:
    """Whether a node cannot run without an input; of an unknown node more is wrong than that."""
    declared = registry[class_type].GET_SCHEMA().find_input(name) if class_type in registry else None
    return declared is not None and not declared.optional


def _is_output(class_type: str, registry: Mapping[str, Any]) -> bool:
    return class_type not in registry or bool(registry[class_type].GET_SCHEMA().is_output_node)


def _constant(value: Any) -> Any:
    """Wrap a list, which would be read as a link."""
    return {"__value__": value} if isinstance(value, list) else value
