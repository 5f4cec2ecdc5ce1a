"""Loads the pack as `python -m headless` does, and gives tests its modules."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
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
        )

    return start


@pytest.fixture
def host(models: Path, tmp_path: Path) -> Any:
    """The host of the nodes, with the tiny model beside the bundled one; temporary files go to tmp_path/temp."""
    temp = tmp_path / "temp"
    temp.mkdir()
    terminal = import_from_pack("headless.terminal").Terminal()
    made = import_from_pack("headless.host").HeadlessHost(
        model_roots=[models], temp=temp, device="cpu", terminal=terminal
    )
    import_from_pack("nodes.host").install(made)
    return made


@pytest.fixture
def runner(host: Any, tmp_path: Path) -> Callable[[Graph], tuple[Any, list[str]]]:
    """Executes graphs in this process with one cache: run(graph) -> (report, titles of the nodes that ran)."""
    graphs, folders = import_from_pack("headless.graph"), import_from_pack("headless.folders")
    folders.Folders.install(folders.Folders(tmp_path, tmp_path / "out"))
    registry = import_from_pack("headless.registry").all_nodes()
    executor = import_from_pack("headless.executor").Executor(registry, tmp_path / "out")
    validate = import_from_pack("headless.validation").validate
    terminal = import_from_pack("headless.terminal").Terminal()

    def run(graph: Graph) -> tuple[Any, list[str]]:
        report = executor.run(validate(graphs.parse_graph(graph), registry), terminal)
        return report, [title for title, _ in report.seconds]

    return run


@pytest.fixture
def refused(command: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    """Runs a graph that must be refused; its error lines."""

    def refuse(graph: Graph | str | Path, *arguments: str) -> str:
        assert command(graph, *arguments) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "Traceback" not in printed.err
        assert not (tmp_path / "out").exists()
        lines = printed.err.splitlines()
        assert lines
        assert all(line.startswith("error: ") for line in lines)
        return printed.err

    return refuse


@pytest.fixture
def convert(host: Any) -> Callable[..., Any]:
    """Converts nodes, links and subgraphs; gives the inputs of each node and what was said."""
    api, registry = import_from_pack("headless.ui_format").to_api_format, import_from_pack("headless.registry")

    def made(nodes: list[Any], links: list[Any], subgraphs: Sequence[Any] = ()) -> tuple[Graph, list[str]]:
        said: list[str] = []
        document = {"nodes": nodes, "links": links, "definitions": {"subgraphs": list(subgraphs)}}
        graph = api(document, registry.all_nodes(), said.append)
        return {path: entry["inputs"] for path, entry in graph.items()}, said

    return made


@pytest.fixture
def refusal(convert: Callable[..., Any]) -> Callable[..., Any]:
    """The problems of nodes, links and subgraphs that cannot be converted."""

    def lines(*document: Any) -> Any:
        with pytest.raises(import_from_pack("headless.errors").GraphError) as caught:
            convert(*document)
        return caught.value.problems

    return lines
