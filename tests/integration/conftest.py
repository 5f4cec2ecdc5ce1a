"""A real ComfyUI for the tests here, or a loud word that there is none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.comfy_server import PACK, ComfyServer, Installation, newest_front_end
from integration.skipping import skip_loudly

STEPS = 4


@pytest.fixture(scope="session")
def installation() -> Installation:
    """Where the real ComfyUI is."""
    found = Installation.find()
    if reason := found.missing():
        skip_loudly(reason)
    return found


@pytest.fixture(scope="session")
def comfy(
    installation: Installation, tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ComfyServer]:
    """A running ComfyUI with the pack and the tiny model, in a folder of its own."""
    base = tmp_path_factory.mktemp("comfyui")
    shutil.copytree(tiny_model_folder, base / "models" / "diffusion_models" / "tiny")
    settings = base / "user" / "default" / "comfy.settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"Comfy.TutorialCompleted": True}))
    with ComfyServer(installation, base, newest_front_end()) as server:
        yield server


@pytest.fixture
def workflow() -> dict[str, Any]:
    """The shipped text-to-video graph, set to the tiny model and few steps."""
    graph = json.loads((PACK / "workflows" / "api" / "text_to_video.json").read_text())
    graph["1"]["inputs"]["model"] = "tiny"
    graph["5"]["inputs"]["steps"] = STEPS
    return graph
