"""The pack is loaded once, under a name of its own, with something to import as the host's API."""

from __future__ import annotations

import importlib
import sys

from headless.pack import PACK_NAME, PACK_ROOT, import_from_pack, load_pack


def test_the_pack_is_one_package_that_is_loaded_once():
    pack = load_pack()
    assert load_pack() is pack is sys.modules[PACK_NAME]
    assert list(pack.__path__) == [str(PACK_ROOT)]


def test_each_module_of_the_pack_exists_once_under_the_name_of_the_pack():
    shapes = import_from_pack("sora_core.canvas.shapes")
    assert shapes.__name__ == f"{PACK_NAME}.sora_core.canvas.shapes"
    assert import_from_pack("nodes.canvas.video_grid").VideoShape is shapes.VideoShape
    assert import_from_pack("sora_core.canvas.shapes") is shapes


def test_the_core_by_itself_is_another_one():
    """Which is why classes are never compared across the two."""
    ours = importlib.import_module("sora_core.canvas.shapes")
    assert import_from_pack("sora_core.canvas.shapes").VideoShape is not ours.VideoShape


def test_nodes_find_an_api_to_import():
    load_pack()
    assert hasattr(importlib.import_module("comfy_api.latest").io, "ComfyNode")
