"""The repository's own sources as the structural tests see them: paths relative to the root, parsed once."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sora_core", "nodes", "headless")
CHECKED = (*PACKAGES, "benchmarks", "scripts", "tests")


@lru_cache
def python_files(*folders: str) -> list[Path]:
    """Every .py file under `folders` (all checked ones where none is given), with the root's own, sorted."""
    found = [path for folder in folders or CHECKED for path in (ROOT / folder).rglob("*.py")]
    return sorted(found if folders else [*found, *ROOT.glob("*.py")])


def relative(path: Path) -> str:
    """The path as messages show it."""
    return path.relative_to(ROOT).as_posix()


@lru_cache
def tree_of(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=relative(path))
