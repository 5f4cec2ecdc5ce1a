"""The version of the package, which only pyproject.toml holds, for the Comfy registry."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

NAME = "sora-video"  # of the distribution
PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def version() -> str:
    """Return the version of the checkout, as in ComfyUI's custom_nodes, or else of the installed distribution.

    Returns "unknown" for a copy of the package that is neither.
    """
    text = PYPROJECT.read_text(encoding="utf-8") if PYPROJECT.is_file() else ""
    found = re.search(rf'^\[project\]\nname = "{NAME}"\nversion = "([^"]+)"$', text, re.M)
    if found:
        return found[1]
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return "unknown"
