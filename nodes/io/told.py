"""A node's outputs with the notices that the user got while it ran, which web/notices.js keeps at the node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from comfy_api.latest import io

from .. import host

KEY = "sora_notices"  # of a node's `ui` output, and the name of the host's message while it runs; so in web/notices.js


def tell(node: type[io.ComfyNode], notices: Iterable[str]) -> None:
    """Show the user notices about a node; empty ones are none."""
    for notice in filter(None, notices):
        host.current().notify(node.hidden.unique_id, notice)


def outputs(node: type[io.ComfyNode], *values: Any, shown: Mapping[str, list[Any]] | None = None) -> Any:
    """The outputs of a node that has told the user something, or may have. shown: more for its `ui` output."""
    notices = host.current().taken_notices(node.hidden.unique_id)
    ui = {**(shown or {}), **({KEY: notices} if notices else {})}
    return io.NodeOutput(*values, ui=ui or None)
