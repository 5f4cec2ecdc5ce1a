"""Declares nodes for several versions of ComfyUI: leaves out keywords that an `io.Schema` does not know."""

from __future__ import annotations

import inspect
from typing import Any

from comfy_api.latest import io

CATEGORY = "Sora Video"


def declare(node_id: str, **keywords: Any) -> Any:
    """An `io.Schema` in our category."""
    known = inspect.signature(io.Schema).parameters
    return io.Schema(node_id=node_id, category=CATEGORY, **{k: v for k, v in keywords.items() if k in known})
