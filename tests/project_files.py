"""What pyproject.toml and the lists of requirements say."""

from __future__ import annotations

import sys

import pytest
from packaging.requirements import Requirement

from source_tree import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(name: str) -> list[Requirement]:
    """Of requirements.txt or constraints.txt."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
