"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from checkpoint_files import CONFIG, tiny_dit
from integration.skipping import LOUD, loud_reasons
from sora_core.checkpoint import Kind, save_checkpoint
from tiny import save_taught_model, save_tiny_model
from tiny_captioner import BLACK, WHITE, save_captioned_model

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells start what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what Windows has not."""
    for item in items:
        if os.name == "nt" and item.get_closest_marker("posix"):
            item.add_marker(pytest.mark.skip(reason="sends signals, which Windows has not"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say skipped integration tests in capitals: they show that the pack works where it is used."""
    for reason in loud_reasons(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(LOUD + reason, red=True, bold=True)


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


@pytest.fixture(scope="session")
def taught_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with files that say what it was trained on (tiny.save_taught_model); read it, do not change it."""
    return save_taught_model(tmp_path_factory.mktemp("taught_model"))


@pytest.fixture(scope="session")
def captioned_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with a captioner that says BLACK of black clips and WHITE of white ones; do not change it."""
    return save_captioned_model(tmp_path_factory.mktemp("captioned_model"), BLACK, WHITE)
