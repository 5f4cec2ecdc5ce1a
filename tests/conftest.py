"""Fixtures that several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkpoint_files import CONFIG, tiny_dit
from sora_core.checkpoint import Kind, save_checkpoint
from tiny import save_tiny_model


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small DiT as a checkpoint of ours, alone in its folder."""
    path = tmp_path / "dit.safetensors"
    save_checkpoint(path, tiny_dit(), kind=Kind.DIT, config=CONFIG, extra={"sora_fps": "8"})
    return path


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a complete random model (see tiny.py); read it, do not change it."""
    return save_tiny_model(tmp_path_factory.mktemp("tiny_model"))
