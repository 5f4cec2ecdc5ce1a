"""Whether something is connected to an output, as the host's graph says it."""

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


def _links(node: Any) -> list[Any]:
    return [value for value in node.get("inputs", {}).values() if isinstance(value, list | tuple)]
