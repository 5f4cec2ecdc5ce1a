"""Loads the repository root as a package, as ComfyUI does with a custom node pack.

The nodes import the core relatively (`..sora_core`), so they need a parent package. All of headless is imported through
it too, so that each module exists once in the process.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PACK_NAME = "sora_video_pack"
PACK_ROOT = Path(__file__).resolve().parent.parent


def load_pack() -> ModuleType:
    """Load the root package, and install the stand-in for `comfy_api.latest` unless there is a real one."""
    if PACK_NAME in sys.modules:
        return sys.modules[PACK_NAME]
    spec = importlib.util.spec_from_file_location(
        PACK_NAME, PACK_ROOT / "__init__.py", submodule_search_locations=[str(PACK_ROOT)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACK_NAME] = package
    spec.loader.exec_module(package)
    importlib.import_module(f"{PACK_NAME}.headless.comfy_api_standin").install()
    return package


def import_from_pack(name: str) -> ModuleType:
    """Import a module of the pack, for example "headless.cli" or "nodes.canvas.video_grid"."""
    load_pack()
    return importlib.import_module(f"{PACK_NAME}.{name}")
