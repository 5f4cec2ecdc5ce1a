"""Declares a node in the category of this pack."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

CATEGORY = "Sora Video"


def declare(node_id: str, **keywords: Any) -> io.Schema:
    """An `io.Schema` in our category; keywords are its own."""
    return io.Schema(node_id=node_id, category=CATEGORY, **keywords)
