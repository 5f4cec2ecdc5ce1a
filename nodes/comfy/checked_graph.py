"""The graph that ComfyUI checks: it shows `validate_inputs` of a node only the constants of this node."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from server import PromptServer  # type: ignore[import-not-found]

_given: ContextVar[Mapping[str, Any] | None] = ContextVar("sora_checked_graph", default=None)


def listen() -> None:
    """Remember the graph of each request while it is checked; each request is a task with values of its own."""
    server = getattr(PromptServer, "instance", None)  # none where a program runs nodes without the server
    if server is not None:
        server.add_on_prompt_handler(_remember)


def checked_graph() -> Mapping[str, Any] | None:
    """The graph that is being checked; None where none is, or it is none."""
    graph = _given.get()
    return graph if isinstance(graph, dict) and all(isinstance(node, dict) for node in graph.values()) else None


def _remember(request: Any) -> Any:
    _given.set(request.get("prompt") if isinstance(request, dict) else None)
    return request
