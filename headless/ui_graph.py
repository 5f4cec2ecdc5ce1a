"""Workflow JSON in UI format, as ComfyUI's browser part saves it: nodes, links, subgraphs, and where a link begins.

Reroutes, primitive nodes, subgraphs and bypassed nodes are followed through, as the browser does when it queues them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..sora_core.tensors.foreign_text import MOST_SHOWN, bounded
from .errors import GraphError
from .graph import Link
from .ui_widgets import INPUT, host_values

MUTED, BYPASSED = 2, 4  # litegraph's numbers for a node's execution state
MOST_NODES = 20_000  # subgraphs inside subgraphs can stand for any number
INPUT_NODE, OUTPUT_NODE = -10, -20  # a subgraph's ends, where the file says nothing else
NOTES = ("Note", "MarkdownNote")
WILD = ("*", "", "0")  # types that fit any other


@dataclass(frozen=True)
class Constant:
    """What a primitive node or a widget of a subgraph gives."""

    value: Any


@dataclass(frozen=True)
class Nothing:
    """What an input gets that is not connected. reason: why a link to it gives nothing."""

    reason: str = ""


Source = Link | Constant | Nothing


@dataclass(frozen=True)
class Socket:
    """An input or output of a saved node. link: the number of the link that ends here."""

    name: str
    type: str
    link: int | None


@dataclass(frozen=True)
class UiNode:
    """A saved node. path: its number after those of the subgraphs that it is in, as in "5:12"."""

    path: str
    type: str
    state: int
    inputs: tuple[Socket, ...]
    outputs: tuple[Socket, ...]
    saved: Mapping[str, Any]

    def __str__(self) -> str:
        return f"node {bounded(self.path, MOST_SHOWN)} ({bounded(self.type, MOST_SHOWN)})"


@dataclass
class Scope:
    """The workflow, or a subgraph where a node stands for it."""

    nodes: dict[str, UiNode]
    links: dict[Any, tuple[Any, Any, Any, Any]]  # number -> origin, its slot, target, its slot
    ends: tuple[Any, Any] = (INPUT_NODE, OUTPUT_NODE)
    input_names: tuple[str, ...] = ()
    outer: tuple[Scope, UiNode] | None = None
    given: dict[tuple[str, str], Any] = field(default_factory=dict)  # values that its node shows (see host_values)
    inside: dict[str, Scope] = field(default_factory=dict)  # subgraphs, by the path of their node


class UiGraph:
    """A saved workflow with its subgraphs opened; raises GraphError where the file does not hold together."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        definitions = _mapping(document.get("definitions")).get("subgraphs")
        self._subgraphs = {str(each["id"]): each for each in _mappings(definitions) if "id" in each}
        self.nodes: list[tuple[Scope, UiNode]] = []
        waiting: deque[tuple[Scope, tuple[str, ...]]] = deque([(_scope(document, ""), ())])
        opened = len(waiting[0][0].nodes)
        while waiting:
            scope, parents = waiting.popleft()
            for node in scope.nodes.values():
                if not self.is_subgraph(node) or node.state in (MUTED, BYPASSED):
                    self.nodes.append((scope, node))
                    continue
                if node.type in parents:
                    raise GraphError(f"{node}: a subgraph that holds itself")
                scope.inside[node.path] = inner = _subgraph(self._subgraphs[node.type], scope, node)
                waiting.append((inner, (*parents, node.type)))
                opened += len(inner.nodes)
                if opened > MOST_NODES:
                    raise GraphError(f"got more than {MOST_NODES} nodes with those of all subgraphs; expected fewer")

    def is_subgraph(self, node: UiNode) -> bool:
        """Whether a node stands for a subgraph."""
        return node.type in self._subgraphs

    def source(self, scope: Scope, node: UiNode, slot: int) -> Source:
        """Return what arrives at an input."""
        wanted = node.inputs[slot].type
        seen = set()
        while True:
            place = (node.path, slot)
            if place in seen:
                raise GraphError(f"{node}: its links lead back to it")
            seen.add(place)
            socket = node.inputs[slot]
            if socket.link is None:
                return Nothing()
            origin, out_slot = _begin(scope, node, socket)
            if scope.outer is not None and str(origin) == str(scope.ends[0]):
                arrived = self._through_the_input(scope, out_slot)
            else:
                arrived = self._through(scope, _node(scope, origin, node), out_slot, wanted)
            if not isinstance(arrived, tuple):
                return arrived
            scope, node, slot = arrived

    def _through_the_input(self, scope: Scope, slot: Any) -> Source | tuple[Scope, UiNode, int]:
        """Go on from the beginning of a subgraph: at an input of its node, or at the value of its widget."""
        assert scope.outer is not None
        around, host = scope.outer
        name = scope.input_names[slot] if _is_index(slot, scope.input_names) else None
        places = [place for place, socket in enumerate(host.inputs) if socket.name == name]
        if places and host.inputs[places[0]].link is not None:
            return around, host, places[0]
        return Constant(scope.given[INPUT, name]) if name and (INPUT, name) in scope.given else Nothing()

    def _through(self, scope: Scope, node: UiNode, slot: Any, wanted: str) -> Source | tuple[Scope, UiNode, int]:
        """Go on from an output: through what stands for something else, to an input where the way goes on."""
        while node.state not in (MUTED, BYPASSED) and node.path in scope.inside:
            inner = scope.inside[node.path]
            ends = [link for link in inner.links.values() if (str(link[2]), link[3]) == (str(inner.ends[1]), slot)]
            if not ends:
                return Nothing(f"{node} has nothing at its output {slot}")
            if str(ends[0][0]) == str(inner.ends[0]):
                return self._through_the_input(inner, ends[0][1])
            scope, node, slot = inner, _node(inner, ends[0][0], node), ends[0][1]
        if node.state == MUTED:
            return Nothing(f"{node} is muted")
        if node.state == BYPASSED:
            passed = _bypass(node, slot, wanted)
            return (
                Nothing(f"{node} is bypassed and has no input of type {wanted}")
                if passed is None
                else (scope, node, passed)
            )
        if node.type == "Reroute":
            return (scope, node, 0) if node.inputs else Nothing(f"{node} is not connected")
        if node.type == "PrimitiveNode":
            values = node.saved.get("widgets_values")
            return Constant(values[0]) if isinstance(values, list) and values else Nothing(f"{node} has no value")
        return Link(node.path, slot)


def _bypass(node: UiNode, slot: Any, wanted: str) -> int | None:
    """Find the input that a bypassed node gives at an output: the one beside it, else the first of the same type."""
    made = node.outputs[slot].type if _is_index(slot, node.outputs) else wanted
    if wanted in WILD:
        return (slot if _is_index(slot, node.inputs) else 0) if node.inputs else None
    fitting = [
        place for place, socket in enumerate(node.inputs) if _fits(socket.type, made) and _fits(socket.type, wanted)
    ]
    if slot in fitting:
        return int(slot)
    same = [place for place, socket in enumerate(node.inputs) if socket.type == wanted]
    return next(iter([*same, *fitting]), None)


def _fits(one: str, other: str) -> bool:
    if one in WILD or other in WILD:
        return True
    return not {name.lower() for name in one.split(",")}.isdisjoint(name.lower() for name in other.split(","))


def _begin(scope: Scope, node: UiNode, socket: Socket) -> tuple[Any, Any]:
    """Return node and output where the link of an input begins."""
    if socket.link not in scope.links:
        raise GraphError(f"{node}, input {socket.name!r}: link {socket.link} is not in the workflow")
    return scope.links[socket.link][:2]


def _node(scope: Scope, node_id: Any, near: UiNode) -> UiNode:
    if str(node_id) not in scope.nodes:
        raise GraphError(f"{near}: a link from node {node_id!r}, which is not in the workflow")
    return scope.nodes[str(node_id)]


def _subgraph(definition: Mapping[str, Any], around: Scope, node: UiNode) -> Scope:
    inner = _scope(definition, f"{node.path}:")
    inner.outer = around, node
    ends = [_mapping(definition.get(key)).get("id") for key in ("inputNode", "outputNode")]
    inner.ends = (INPUT_NODE if ends[0] is None else ends[0], OUTPUT_NODE if ends[1] is None else ends[1])
    inner.input_names = tuple(str(each.get("name")) for each in _mappings(definition.get("inputs")))
    inner.given = host_values(node.saved)
    return inner


def _scope(document: Mapping[str, Any], prefix: str) -> Scope:
    nodes = {}
    for entry in document.get("nodes", []) if isinstance(document.get("nodes"), list) else []:
        if not (isinstance(entry, Mapping) and isinstance(entry.get("id"), int | str) and "type" in entry):
            raise GraphError("got a workflow with a node without id and type; save it again in ComfyUI")
        if entry["type"] in NOTES:
            continue
        nodes[str(entry["id"])] = UiNode(
            f"{prefix}{entry['id']}",
            str(entry["type"]),
            entry["mode"] if isinstance(entry.get("mode"), int) else 0,
            _sockets(entry.get("inputs")),
            _sockets(entry.get("outputs")),
            entry,
        )
    links = document.get("links") or []
    if not isinstance(links, list):
        raise GraphError("got a workflow whose links are no list; save it again in ComfyUI")
    return Scope(nodes, dict(map(_link, links)))


def _sockets(saved: Any) -> tuple[Socket, ...]:
    return tuple(
        Socket(
            str(each.get("name")),
            str(each.get("type")),
            each["link"] if isinstance(each.get("link"), int) else None,
        )
        for each in _mappings(saved)
    )


def _link(saved: Any) -> tuple[Any, tuple[Any, Any, Any, Any]]:
    """Read a link from either form: a list, or an object as inside of subgraphs."""
    if isinstance(saved, Mapping):
        saved = [saved.get(key) for key in ("id", "origin_id", "origin_slot", "target_id", "target_slot")]
    if not (isinstance(saved, list) and len(saved) >= 5 and all(isinstance(each, int | str) for each in saved[:5])):
        raise GraphError("got a workflow with a broken link; save it again in ComfyUI")
    number, *ends = saved[:5]
    return number, (ends[0], ends[1], ends[2], ends[3])


def _is_index(slot: Any, of: tuple[Any, ...]) -> bool:
    return isinstance(slot, int) and 0 <= slot < len(of)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
