"""Fixtures that several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiny import save_tiny_model


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a complete random model (see tiny.py); read it, do not change it."""
    return save_tiny_model(tmp_path_factory.mktemp("tiny_model"))
