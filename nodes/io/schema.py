"""Declares a node in the category of this pack."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

CATEGORY = "Sora Video"


def declare(node_id: str, **keywords: Any) -> io.Schema:
    """An `io.Schema` in our category; keywords are its own."""
    return io.Schema(node_id=node_id, category=CATEGORY, **keywords)


def former_input(name: str, now: str, most: int) -> Any:
    """A hidden whole number under the name that saved graphs have for the input that is called `now`."""
    return io.Int.Input(
        name,
        default=0,
        min=0,
        max=most,
        optional=True,
        advanced=True,
        tooltip=f"The former name of {now}.",
        extra_dict={"hidden": True},
    )
