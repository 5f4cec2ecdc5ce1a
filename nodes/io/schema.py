"""Declares a node to hosts of several versions: keywords that a host's `io.Schema` does not know are left out."""

from __future__ import annotations

import inspect
from typing import Any

from comfy_api.latest import io

CATEGORY = "Sora Video"


def declare(node_id: str, **keywords: Any) -> Any:
    """An `io.Schema` in our category."""
    known = inspect.signature(io.Schema).parameters
    return io.Schema(node_id=node_id, category=CATEGORY, **{k: v for k, v in keywords.items() if k in known})
