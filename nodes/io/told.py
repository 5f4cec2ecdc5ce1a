"""A node's outputs with the notices that the user got while it ran, which web/notices.js keeps at the node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from comfy_api.latest import io

from .. import host

KEY = "sora_notices"  # of a node's `ui` output, and the name of the host's message while it runs; so in web/notices.js


def tell(node: type[io.ComfyNode], notices: Iterable[str]) -> None:
    """Show the user notices about a node; empty ones are none."""
    for notice in filter(None, notices):
        host.current().notify(node.hidden.unique_id, notice)


def outputs(node: type[io.ComfyNode], *values: Any) -> Any:
    """The outputs of a node that has told the user something, or may have."""
    notices = host.current().taken_notices(node.hidden.unique_id)
    return io.NodeOutput(*values, ui={KEY: notices} if notices else None)
