"""Declares a node in a menu of this pack."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from comfy_api.latest import io

from .chinese_aliases import CHINESE

CATEGORY = "Sora Video"
SHOWN_AGAIN = "has_intermediate_output"  # of a host that sends what a node has shown again where it need not run again


def declare(node_id: str, menu: str, *, search_aliases: list[str], **keywords: Any) -> io.Schema:
    """An `io.Schema` in a menu of our category, found by its aliases in English and Chinese; keywords are its own."""
    aliases = [*search_aliases, *CHINESE.get(node_id, ())]
    if io.Hidden.unique_id in keywords.get("hidden", ()) and SHOWN_AGAIN in {each.name for each in fields(io.Schema)}:
        keywords[SHOWN_AGAIN] = True  # a node that knows its id has notices
    return io.Schema(node_id=node_id, category=f"{CATEGORY}/{menu}", search_aliases=aliases, **keywords)


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
