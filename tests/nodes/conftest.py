"""Loads the pack as a foreign package, as ComfyUI does, with headless as the host of its nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headless.pack import import_from_pack
from node_runs import run
from notice_translations import untranslated


@pytest.fixture
def said() -> list[str]:
    """What nodes have told the user."""
    return []


@pytest.fixture
def translated_notices() -> bool:
    """Whether every notice needs a translation: all but those that are texts of files and servers."""
    return True


def install_host(said: list[str], root: Path, temp: Path, *, translated: bool = True) -> None:
    """Install a host that keeps its notices in `said`. root: folder of models. translated: see translated_notices."""
    headless_host = import_from_pack("headless.host").HeadlessHost

    class ListeningHost(headless_host):
        def notify(self, node_id: str | None, text: str) -> None:
            assert 0 < len(text) < 60, f"a notice is read at a glance, this has {len(text)} letters: {text}"
            assert not (translated and untranslated(text)), f"add a translation to web/notices.*.json: {text}"
            said.append(text)

    terminal = import_from_pack("headless.terminal").Terminal()
    host = ListeningHost(model_roots=[root], temp=temp, device="cpu", terminal=terminal)
    import_from_pack("nodes.host").install(host)


@pytest.fixture
def nodes(said: list[str], tiny_model_folder: Path, tmp_path: Path, translated_notices: bool) -> dict[str, Any]:
    """Node classes by id. The only model beside the bundled one is "tiny"; temporary files go to tmp_path/temp."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny").symlink_to(tiny_model_folder, target_is_directory=True)
    (tmp_path / "temp").mkdir()
    install_host(said, tmp_path / "models", tmp_path / "temp", translated=translated_notices)
    return {node.GET_SCHEMA().node_id: node for node in import_from_pack("nodes").NODES}


@pytest.fixture
def loaded(nodes: dict[str, Any]) -> tuple[Any, Any, Any]:
    """MODEL, CLIP and VAE of the tiny model."""
    return run(nodes["SoraLoadModel"], model="tiny")


@pytest.fixture
def taught(nodes: dict[str, Any], said: list[str], taught_model_folder: Path, tmp_path: Path) -> tuple[Any, Any, Any]:
    """MODEL, CLIP and VAE of a tiny model whose files say what it was trained on (tiny.save_taught_model)."""
    (tmp_path / "models" / "taught").symlink_to(taught_model_folder, target_is_directory=True)
    install_host(said, tmp_path / "models", tmp_path / "temp")
    return run(nodes["SoraLoadModel"], model="taught")


@pytest.fixture
def vae(loaded: tuple[Any, Any, Any]) -> Any:
    """That of the tiny model, 4x8x8."""
    return loaded[2]
