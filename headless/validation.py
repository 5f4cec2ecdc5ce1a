"""Validates a whole graph before it runs; each problem names node, class and input, got and expected."""

from __future__ import annotations

import difflib
import inspect
import json
import logging
import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ..sora_core.tensors.foreign_files import parse_json
from ..sora_core.tensors.foreign_text import MOST_LINES, first_lines, shown
from .comfy_api_standin import ANY, WIDGET_TYPES, HiddenValues, Input, Schema
from .errors import GraphError
from .graph import Graph, GraphNode, Link, Setting, in_api_format, is_too_deep, parse_value
from .registry import Registry

log = logging.getLogger(__name__)

OF_THE_BROWSER = ("video-preview", "audio-preview", "image-preview", "audioUI", "upload", "_meta", "preview")
"""Inputs that the host's browser part adds to a graph for itself."""
TRUTHS: dict[str | float, bool] = {1: True, 0: False, "true": True, "false": False, "1": True, "0": False}
MOST_SHOWN = 8  # nodes of a cycle


def apply_settings(graph: Graph, settings: Iterable[Setting], registry: Registry) -> Graph:
    """Apply the command line's settings to a graph; raises GraphError for an unknown node or input."""
    changed, problems = dict(graph), []
    for setting in settings:
        node = changed.get(setting.node_id)
        if node is None:
            problems.append(f"--set: no node {setting.node_id!r}{_choices(changed)}")
            continue
        schema = registry[node.class_type].GET_SCHEMA() if node.class_type in registry else None
        declared = schema.find_input(setting.input_name) if schema else None
        if schema is not None and declared is None:
            problems.append(f"--set: {node} has no input {setting.input_name!r}{_choices(_names(schema))}")
            continue
        value = _read_setting(setting.text, declared)
        changed[node.id] = replace(node, inputs={**node.inputs, setting.input_name: value})
    if problems:
        raise GraphError(problems)
    return changed


def validate(graph: Graph, registry: Registry) -> Graph:
    """Validate a graph; returns it with each constant converted to its input's type.

    Raises GraphError with all problems: unknown classes, inputs that are unknown, missing, out of range or of the wrong
    type, broken links, cycles, and a graph without an output node.
    """
    known = {
        node_id: registry[node.class_type].GET_SCHEMA()
        for node_id, node in graph.items()
        if node.class_type in registry
    }
    unknown = [node for node in graph.values() if node.id not in known]
    problems = [f"{node}: no such node class{_similar(node.class_type, registry)}" for node in unknown[:MOST_LINES]]
    problems += [f"{node}: no such node class" for node in unknown[MOST_LINES:]]
    _warn_of_ignored(graph, known)
    checked = {}
    for node in graph.values():
        if node.id in known:
            own = _own_names(registry[node.class_type])
            checked[node.id] = replace(node, inputs=_checked_inputs(node, graph, known, own, problems))
    problems += [f"cycle: {cycle}" for cycle in _cycles(graph)]
    if known and not any(schema.is_output_node for schema in known.values()):
        outputs = [name for name, node in registry.items() if node.GET_SCHEMA().is_output_node]
        problems.append(f"the graph has no output node; expected at least one of {', '.join(sorted(outputs))}")
    if not problems:
        told = in_api_format(checked)
        problems += [line for node in checked.values() for line in _own_checks(node, registry, told)]
    if problems:
        raise GraphError(problems)
    return checked


def _warn_of_ignored(graph: Graph, known: dict[str, Schema]) -> None:
    """Log the inputs that a node does not have; the host ignores all of them."""
    lines = []
    for node in (graph[node_id] for node_id in known):
        names = _names(known[node.id])
        ignored = [name for name in node.inputs if name not in names and name not in OF_THE_BROWSER]
        lines += [f"{node}: input {shown(name)} is ignored{_choices(names)}" for name in ignored]
    for line in first_lines(lines):
        log.warning("%s", line)


def _checked_inputs(
    node: GraphNode, graph: Graph, known: dict[str, Schema], own: Collection[str], problems: list[str]
) -> dict[str, Any]:
    """The converted inputs of a node; adds to `problems`. own: names of inputs that the class checks itself."""
    schema = known[node.id]
    values = {}
    for declared in schema.graph_inputs():
        where = f"{node}, input {declared.id!r}"
        if declared.id not in node.inputs:
            if not declared.optional:
                problems.append(f"{where}: missing, expected {_expected(declared)}")
            continue
        value = node.inputs[declared.id]
        if value is None and declared.optional:
            continue
        try:
            if isinstance(value, Link):
                _check_link(value, declared, graph, known)
                values[declared.id] = value
            else:
                values[declared.id] = _converted(value, declared, any_choice=declared.id in own)
        except GraphError as problem:
            problems.append(f"{where}: {problem}")
    return values


def _check_link(link: Link, declared: Input, graph: Graph, known: dict[str, Schema]) -> None:
    if link.node_id not in graph:
        raise GraphError(f"got a link to node {link.node_id!r}, which is not in the graph")
    if link.node_id not in known:
        return  # its unknown class is reported already
    outputs = known[link.node_id].outputs
    if not 0 <= link.slot < len(outputs):
        count = f"{len(outputs)} output{'s' if len(outputs) != 1 else ''}"
        raise GraphError(f"got output {link.slot} of {graph[link.node_id]}, which has {count}, counted from 0")
    got = outputs[link.slot].io_type
    if declared.io_type != ANY and got not in declared.io_type.split(","):
        expected = declared.io_type.replace(",", " or ")
        raise GraphError(f"got {got} from output {link.slot} of {graph[link.node_id]}, expected {expected}")


def _converted(value: Any, declared: Input, *, any_choice: bool = False) -> Any:
    """A constant as the type of its input. any_choice: whether the class checks a choice itself, as in ComfyUI."""
    if declared.io_type not in WIDGET_TYPES:
        raise GraphError(f'got {_show(value)}, expected {_expected(declared)}, as in ["2", 0]')
    options = declared.options
    if declared.io_type == "COMBO":
        if value not in options["options"] and not (any_choice and isinstance(value, str)):
            raise GraphError(f"got {_show(value)}, expected {_expected(declared)}")
        return value
    if declared.io_type == "STRING":
        if isinstance(value, list | dict):
            raise GraphError(f"got {_show(value)}, expected a text")
        text = str(value)
        if any("\ud800" <= letter <= "\udfff" for letter in text):  # a lone surrogate, which cannot be encoded
            raise GraphError(f"got {_show(value)}, expected a text in Unicode")
        return text
    if declared.io_type == "BOOLEAN":
        known = value.strip().lower() if isinstance(value, str) else value
        if not isinstance(known, str | int | float) or known not in TRUTHS:
            raise GraphError(f"got {_show(value)}, expected true or false")
        return TRUTHS[known]
    number = _number(value, declared)
    if number < options.get("min", number) or number > options.get("max", number):
        raise GraphError(f"got {number:g}, expected {_expected(declared)}")
    return number


def _number(value: Any, declared: Input) -> int | float:
    try:
        number = float(value)
        if declared.io_type == "FLOAT" and math.isfinite(number):
            return number
        if declared.io_type == "INT" and number.is_integer():
            text = str(value).strip().removesuffix(".0")
            return int(text if text.lstrip("+-").isdigit() else number)  # a float cannot hold every integer
    except (TypeError, ValueError, OverflowError):
        pass
    raise GraphError(f"got {_show(value)}, expected {_expected(declared)}")


def _own_names(node_class: Any) -> list[str]:
    """The names of the inputs that the node class checks itself."""
    check = getattr(node_class, "validate_inputs", None)
    return [] if check is None else list(inspect.signature(check).parameters)


def _own_checks(node: GraphNode, registry: Registry, graph: dict[str, Any]) -> Iterator[str]:
    """Yield the problem that the node class finds in its constants (the host's `validate_inputs`).

    graph: in API format, in which a node may look where its links come from.
    """
    hidden = HiddenValues(unique_id=node.id, prompt=graph)
    check = getattr(type(node.class_type, (registry[node.class_type],), {"hidden": hidden}), "validate_inputs", None)
    if check is None:
        return
    own, schema = _own_names(registry[node.class_type]), registry[node.class_type].GET_SCHEMA()
    if set(node.links) & set(own):
        return  # what arrives by a link is checked when it is used
    takes_all = any(one.kind is one.VAR_KEYWORD for one in inspect.signature(check).parameters.values())
    constants = {name: value for name, value in node.inputs.items() if not isinstance(value, Link)}
    given = {name: value for name, value in constants.items() if takes_all or name in own}
    linked = dict.fromkeys(node.links)  # the host shows a check which inputs have grown, without their values
    grown = {name: value for name, value in schema.nested(linked).items() if name not in linked}
    answer = check(**given, **grown)
    if answer is not True:
        yield f"{node}: {answer}"


def _cycles(graph: Graph) -> Iterator[str]:
    """Yield a cycle as a readable path, in the direction of data flow."""
    sorter = TopologicalSorter({node.id: [link.node_id for link in node.links.values()] for node in graph.values()})
    try:
        sorter.prepare()
    except CycleError as problem:
        nodes = [str(graph[node_id]) for node_id in problem.args[1]]
        more = [f"... ({len(nodes) - MOST_SHOWN} more)"] if len(nodes) > MOST_SHOWN else []
        yield " -> ".join([*nodes[: MOST_SHOWN - 1], *more, nodes[-1]] if more else nodes)


def _read_setting(text: str, declared: Input | None) -> Any:
    """Read a setting: as text for a text input, else as JSON if it is valid JSON."""
    if declared is not None and declared.io_type in ("STRING", "COMBO"):
        return text
    try:
        value = parse_json(text)
    except ValueError:  # not JSON, nested too deeply, or too large
        return text
    return text if is_too_deep(value) else parse_value(value)


def _expected(declared: Input) -> str:
    options = declared.options
    if declared.io_type == "COMBO":
        return "one of " + ", ".join(repr(option) for option in options["options"])
    if declared.io_type not in WIDGET_TYPES:
        return f"a link to a {declared.io_type.replace(',', ' or ')}"
    kind = {"INT": "a whole number", "FLOAT": "a number", "STRING": "a text", "BOOLEAN": "true or false"}[
        declared.io_type
    ]
    low, high = options.get("min"), options.get("max")
    if low is not None and high is not None:
        return f"{kind} from {low:g} to {high:g}" if high < 1e9 else f"{kind} from {low:g} to {high}"
    return kind


def _names(schema: Schema) -> list[str]:
    return [declared.id for declared in schema.graph_inputs()]


def _choices(names: Iterable[str]) -> str:
    names = list(names)
    return f", expected one of {', '.join(names)}" if names else "; there are none"


def _similar(name: str, registry: Registry) -> str:
    close = difflib.get_close_matches(name[:80], registry, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(registry))}"


def _show(value: Any) -> str:
    text = json.dumps(value)
    return f"{text[:60]} ({type(value).__name__})"
