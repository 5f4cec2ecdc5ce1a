"""Facts: what a caption of a scene may say, as a flat table from names to values."""

from __future__ import annotations

from enum import Enum
from typing import Any


def facts_of(name: str, value: Any) -> dict[str, str]:
    """Flatten attributes into a table: NamedTuples by field, tuples by position, None to nothing.

    For example `solids.0.shape` -> `cube`. Raises TypeError for a value that is no attribute.
    """
    if value is None:
        return {}
    if isinstance(value, Enum):
        return {name: value.name.lower()}
    if isinstance(value, (bool, int, str)):
        return {name: str(value).lower()}
    if isinstance(value, tuple):
        names = getattr(value, "_fields", range(len(value)))
        parts = [facts_of(f"{name}.{part}", one) for part, one in zip(names, value, strict=True)]
        return {key: fact for part in parts for key, fact in part.items()}
    raise TypeError(f"got {type(value).__name__} as an attribute, expected an Enum, a number, a text or a tuple")
