"""Values of widgets in workflow JSON in UI format: a list in the order of the node's declaration, or by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .comfy_api_standin import WIDGET_TYPES, Input, Schema

SEEDS = ("seed", "noise_seed")
INPUT = "-1"  # in the place of a node: the subgraph itself
CONTROLS = ("fixed", "increment", "increment-wrap", "decrement", "randomize")
"""What the browser part writes after a seed: what becomes of it after each run."""
EMPTY: dict[str, Any] = {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False}


def widget_values(saved: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the values of a saved node's widgets by name; what the file lacks has its default.

    saved: the node's entry in the file.
    """
    declared = {each.id: each for each in schema.inputs if is_widget(each)}
    values = saved.get("widgets_values")
    named = saved.get("widgets_values_named", values)
    if isinstance(named, Mapping):
        found = dict(named)
    else:
        listed = values if isinstance(values, list) else []
        found, _ = _by_place(listed, _names(saved, declared, listed), declared)
    missing = {name: _default(each) for name, each in declared.items() if not each.optional}
    return missing | {name: value for name, value in found.items() if name in declared}


def is_widget(declared: Input) -> bool:
    """Whether an input is set on the node, rather than by a link alone."""
    return declared.io_type in WIDGET_TYPES and not declared.options.get("force_input")


def host_values(saved: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Return the values of the widgets that a subgraph's node shows, by node and widget in the subgraph.

    INPUT in the place of a node is the subgraph's own input of that name.
    """
    values, named = saved.get("widgets_values"), saved.get("widgets_values_named")
    if isinstance(named, Mapping):
        return {(INPUT, str(name)): value for name, value in named.items()}
    if not isinstance(values, list):
        return {}
    properties = saved.get("properties")
    shown = properties.get("proxyWidgets") if isinstance(properties, Mapping) else None
    if isinstance(shown, list):
        places = [tuple(map(str, pair[:2])) if isinstance(pair, list) else () for pair in shown]
    else:
        places = [(INPUT, name) for name in _widget_names(saved)]
    pairs = zip(places, values, strict=False)
    return {(place[0], place[1]): value for place, value in pairs if len(place) == 2 and value is not None}


def _widget_names(saved: Mapping[str, Any]) -> list[str]:
    """Names of the sockets that belong to a widget, in order."""
    inputs = saved.get("inputs")
    entries = [each for each in inputs if isinstance(each, Mapping)] if isinstance(inputs, list) else []
    return [str(each["widget"].get("name")) for each in entries if isinstance(each.get("widget"), Mapping)]


def _names(saved: Mapping[str, Any], declared: Mapping[str, Input], values: list[Any]) -> list[str]:
    """Names of the widgets in order: those that the file lists, if it lists one for every value."""
    order = list(declared)
    listed = _widget_names(saved)
    if not set(listed) <= set(order):
        return order
    listed.sort(key=order.index)
    return listed if _by_place(values, listed, declared)[1] == len(values) else order


def _by_place(values: list[Any], names: list[str], declared: Mapping[str, Input]) -> tuple[dict[str, Any], int]:
    """The values by name, and how many there are with those that belong to the browser part alone."""
    found, place = {}, 0
    for name in names:
        if place >= len(values):
            break
        found[name] = values[place]
        place += 1 + _control(values, place, declared[name])
    return found, place


def _control(values: list[Any], place: int, declared: Input) -> int:
    """How many values after a widget's own say what becomes of it after a run; a choice has a filter too."""
    controlled = declared.options.get("control_after_generate") or (declared.io_type == "INT" and declared.id in SEEDS)
    if not (controlled and place + 1 < len(values) and values[place + 1] in CONTROLS):
        return 0
    return 2 if declared.io_type == "COMBO" else 1


def _default(declared: Input) -> Any:
    options = declared.options
    if declared.io_type == "COMBO":
        return options.get("default", next(iter(options.get("options", ())), ""))
    return options.get("default", EMPTY[declared.io_type])
