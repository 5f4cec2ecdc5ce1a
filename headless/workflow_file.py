"""Reads a graph from a workflow file, in API format or as ComfyUI's browser part saves it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..sora_core.tensors.foreign_files import parse_json
from .errors import GraphError
from .graph import Graph, parse_graph
from .ui_format import is_ui_format, to_api_format


def read_graph(path: Path, registry: Mapping[str, Any], notify: Callable[[str], None]) -> Graph:
    """Read a graph; raises GraphError if the file is missing, not JSON, or no graph.

    registry: node classes by name. notify: is told what of a saved workflow is left out.
    """
    document = _document(path)
    try:
        return parse_graph(to_api_format(document, registry, notify) if is_ui_format(document) else document)
    except GraphError as problem:
        raise GraphError([f"{path}: {line}" for line in problem.problems]) from None


def _document(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
    except FileNotFoundError:
        raise GraphError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise GraphError(f"{path}: cannot be read: {problem}") from None
    try:
        return parse_json(text)
    except json.JSONDecodeError as problem:
        raise GraphError(
            f"{path}: not valid JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}"
        ) from None
    except ValueError as problem:  # nested too deeply, or too large
        raise GraphError(f"{path}: not valid JSON: {problem}") from None
