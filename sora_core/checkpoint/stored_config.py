"""Reads a module's config from the metadata of a file, whose values may be anything."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, TypeVar

from ..tensors.foreign_files import parse_json
from ..tensors.foreign_text import shown
from ..tensors.safetensors_file import CheckpointError, Header

Config = TypeVar("Config")

LARGEST = 2**20  # whole number in a config
LONGEST = 2**12  # tuple in a config


def parse_config(header: Header, config_class: type[Config]) -> Config:
    """Parse the config in a file's metadata; raises CheckpointError unless every value has its field's type."""
    try:
        stored = parse_json(header.metadata["sora_config"])
        if not isinstance(stored, dict):
            raise ValueError(f"got {shown(stored)}, expected an object")
        defaults = {field.name: field.default for field in fields(config_class)}  # type: ignore[arg-type]
        unknown = [name for name in stored if name not in defaults]
        if unknown:
            raise ValueError(f"got unknown fields {shown(unknown)}")
        return config_class(**{name: _checked(name, value, defaults[name]) for name, value in stored.items()})
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise CheckpointError(
            f"{header.path} has no valid {config_class.__name__} in its metadata: {reason}"
        ) from error


def _checked(name: str, value: Any, default: Any) -> Any:
    """Return a value of the same kind as the field's default; raises ValueError for any other."""
    if default is None or isinstance(default, tuple):
        if value is None and default is None:
            return None
        if isinstance(value, list) and len(value) <= LONGEST and all(isinstance(x, int | float) for x in value):
            kind = 0.0 if default is None else default[0]
            return tuple(_checked(name, x, kind) for x in value)
    elif isinstance(default, float):
        if type(value) in (int, float) and math.isfinite(value) and abs(value) <= LARGEST:
            return float(value)
    elif type(value) is type(default) and abs(value) <= LARGEST:
        return value
    raise ValueError(f"{name} is {shown(value)}, expected a value such as {default}")
