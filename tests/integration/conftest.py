"""A real ComfyUI for the tests here, or a loud word that there is none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
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
    """A running ComfyUI with the pack and the tiny model, in a folder of its own, with the newest front end."""
    base = furnished(tmp_path_factory.mktemp("comfyui"), tiny_model_folder)
    with ComfyServer(installation, base, newest_front_end()) as server:
        yield server


@pytest.fixture(scope="session")
def comfy_as_installed(
    installation: Installation, tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ComfyServer]:
    """The same with the front end that this ComfyUI brings."""
    base = furnished(tmp_path_factory.mktemp("comfyui_as_installed"), tiny_model_folder)
    with ComfyServer(installation, base) as server:
        yield server


def furnished(base: Path, tiny_model_folder: Path) -> Path:
    """A folder for a server: with the tiny model, and a user who has seen the tutorial."""
    shutil.copytree(tiny_model_folder, base / "models" / "diffusion_models" / "tiny")
    settings = base / "user" / "default" / "comfy.settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"Comfy.TutorialCompleted": True}))
    return base


@pytest.fixture(scope="session")
def browser() -> ModuleType:
    """The module that drives a browser, where all is installed that it needs."""
    if newest_front_end() is None:
        skip_loudly("comfyui-frontend-package is not installed (the `browser` extra)")
    try:
        from integration import browser as module
    except ModuleNotFoundError:
        skip_loudly("selenium is not installed (the `browser` extra)")
    if reason := module.missing():
        skip_loudly(reason)
    return module


@pytest.fixture
def workflow() -> dict[str, Any]:
    """The shipped text-to-video graph, set to the tiny model and few steps."""
    graph = json.loads((PACK / "workflows" / "api" / "text_to_video.json").read_text())
    graph["1"]["inputs"]["model"] = "tiny"
    graph["5"]["inputs"]["steps"] = STEPS
    return graph
