"""Values of the widgets of saved nodes, and names of files that they are a part of, as in %Sora Sampler.seed%."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .ui_graph import Scope, UiNode
from .ui_widgets import widget_values

ALIAS = "Node name for S&R"  # a property of a node: what names of files call it
FORBIDDEN = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f]')  # in a value that becomes a part of a file name


def values_of(scope: Scope, node: UiNode, registry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a node's widgets; the node of the subgraph that it is in may show them, and set them."""
    if node.type not in registry:
        return {}
    values = widget_values(node.saved, registry[node.type].GET_SCHEMA())
    shown = {name: value for (inner, name), value in scope.given.items() if inner == str(node.saved["id"])}
    return values | {name: value for name, value in shown.items() if name in values}


def title_of(node: UiNode, registry: Mapping[str, Any]) -> str:
    """Return what stands above a node: the display name of its class where the file says nothing else."""
    declared = registry[node.type].GET_SCHEMA().display_name if node.type in registry else None
    return str(node.saved.get("title") or declared or node.type)


class FileNames:
    """Puts values of nodes into names of files. A node is found by its alias, its class by default, or else its title.

    inputs: of the nodes that run, by path; primitive nodes have set their values already.
    """

    def __init__(
        self, nodes: Iterable[tuple[Scope, UiNode]], registry: Mapping[str, Any], inputs: Mapping[str, dict[str, Any]]
    ) -> None:
        self._registry, self._inputs = registry, inputs
        self._named: dict[str, tuple[Scope, UiNode]] = {}
        titled: dict[str, tuple[Scope, UiNode]] = {}
        for scope, node in nodes:
            properties = node.saved.get("properties")
            alias = properties.get(ALIAS, node.type) if isinstance(properties, Mapping) else node.type
            self._named.setdefault(str(alias), (scope, node))
            titled.setdefault(title_of(node, registry), (scope, node))
        self._named = titled | self._named

    def fill_in(self, name: str) -> str:
        """Replace each %NODE.WIDGET% of a name; what names no widget stays."""
        return re.sub("%([^%]+)%", self._value, name)

    def _value(self, found: re.Match[str]) -> str:
        parts = found[1].split(".")
        if len(parts) != 2 or parts[0] not in self._named:
            return found[0]
        scope, node = self._named[parts[0]]
        own = self._inputs.get(node.path, {})
        values = values_of(scope, node, self._registry)
        values |= {name: value for name, value in own.items() if not isinstance(value, list)}
        if parts[1] not in values or isinstance(values[parts[1]], list | dict):
            return found[0]
        return FORBIDDEN.sub("_", _text(values[parts[1]]))


def _text(value: Any) -> str:
    """Write a value as JavaScript does."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)
