"""Builds the peer implementations that the running interpreter can import, with our weights."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

Ours = TypeVar("Ours")
Peer = TypeVar("Peer")


def importable(builders: Mapping[str, Callable[[Ours], Peer]], ours: Ours) -> dict[str, Peer]:
    """Build each peer from ours; one that cannot be imported is skipped with a message."""
    found: dict[str, Peer] = {}
    for name, build in builders.items():
        try:
            found[name] = build(ours)
        except ImportError as error:
            print(f"without {name}: {error}", file=sys.stderr)
    return found


def import_comfyui(base: Path | None = None) -> None:
    """Make `comfy` and the host's other modules importable, on the CPU; call it before any of them is imported.

    base: folder of models and outputs; None for ComfyUI's own. Raises ImportError if COMFYUI_PATH is not set.
    """
    if "COMFYUI_PATH" not in os.environ:
        raise ImportError("COMFYUI_PATH is not set")
    sys.path.insert(0, os.environ["COMFYUI_PATH"])
    arguments = importlib.import_module("comfy.cli_args").args
    arguments.cpu = True
    if base is not None:
        arguments.base_directory, arguments.disable_metadata = os.fspath(base), True
