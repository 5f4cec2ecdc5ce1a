"""Loads the pack as `python -m headless` does, and gives tests its modules."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headless.pack import PACK_ROOT, import_from_pack

Graph = dict[str, dict[str, Any]]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def workflow() -> Graph:
    """The shipped text-to-video graph, set to the tiny model and few steps."""
    graph = json.loads((PACK_ROOT / "workflows" / "api" / "text_to_video.json").read_text())
    graph["1"]["inputs"]["model"] = "tiny"
    graph["5"]["inputs"]["steps"] = 3
    return graph


@pytest.fixture(scope="session")
def models(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the tiny model under the name "tiny"."""
    root = tmp_path_factory.mktemp("models")
    (root / "tiny").symlink_to(tiny_model_folder, target_is_directory=True)
    return root


@pytest.fixture
def command(models: Path, tmp_path: Path) -> Callable[..., int]:
    """Runs the command line in this process: command(graph, *arguments) -> exit code; results go to tmp_path/out."""
    main = import_from_pack("headless.cli").main

    def run(graph: Graph | str | Path, *arguments: str) -> int:
        path = graph if isinstance(graph, Path) else tmp_path / "graph.json"
        if not isinstance(graph, Path):
            path.write_text(graph if isinstance(graph, str) else json.dumps(graph))
        return main([str(path), "--models", str(models), "--out", str(tmp_path / "out"), *arguments])

    return run


@pytest.fixture
def process(models: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts `python -m headless` as a process of its own."""

    def start(graph: Graph, *arguments: str) -> subprocess.Popen[str]:
        path = tmp_path / "graph.json"
        path.write_text(json.dumps(graph))
        command = [sys.executable, "-m", "headless", str(path), "--models", str(models), "--out", str(tmp_path / "out")]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=PACK_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
        )

    return start
