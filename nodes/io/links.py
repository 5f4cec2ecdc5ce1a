"""Whether something is connected to an output, and what, as the host's graph says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_linked(hidden: Any, slot: int, graph: Mapping[str, Any] | None = None) -> bool:
    """Whether an input is connected to this output of the running node; true where the host does not tell.

    hidden: the node's, with unique_id and prompt, the graph in API format. graph: stands for a prompt that is empty.
    """
    prompt = getattr(hidden, "prompt", None) or graph
    if not prompt or hidden.unique_id not in prompt:
        return True
    link = [hidden.unique_id, slot]
    return any(list(value) == link for node in prompt.values() for value in _links(node))


def feeds(hidden: Any, slot: int, kind: str, name: str) -> bool:
    """Whether this input of a node of a class is connected to this output of the running node; hidden: see is_linked.

    False where the host does not tell.
    """
    prompt = getattr(hidden, "prompt", None) or {}
    nodes = [node for node in prompt.values() if node.get("class_type") == kind]
    return any(list(link) == [hidden.unique_id, slot] for node in nodes for link in _links(node, name))


def _links(node: Any, name: str = "") -> list[Any]:
    """The links of inputs; name: of this one alone."""
    inputs = node.get("inputs", {})
    given = [inputs.get(name)] if name else inputs.values()
    return [value for value in given if isinstance(value, list | tuple)]
