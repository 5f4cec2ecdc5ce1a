"""A file that is no graph is explained; a workflow as the browser saves it runs like its export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.docs.titles import drawn


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "not valid JSON: Expecting property name"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "got a JSON list, expected an object of nodes"),
        ("{}", "the graph is empty"),
        ('{"1": 5}', 'node 1: got 5, expected {"class_type"'),
        ('{"1": {"class_type": "SaveVideo", "inputs": []}}', '"inputs" is [], expected an object'),
        ('{"nodes": [], "links": []}', "the graph is empty"),
        ('{"nodes": [5], "links": []}', "a node without id and type"),
    ],
)
def test_a_file_that_is_no_graph_is_explained(refused, text, expected):
    assert expected in refused(text)


def test_a_missing_file_is_named(refused, tmp_path):
    assert f"{tmp_path / 'none.json'}: no such file" in refused(tmp_path / "none.json")


def test_a_file_that_is_not_text_is_named(refused, tmp_path):
    binary = tmp_path / "graph.bin"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    assert f"{binary}: cannot be read" in refused(binary)


def test_a_server_style_prompt_object_is_unwrapped(command, workflow, capsys):
    assert command(json.dumps({"prompt": workflow}), "--set", "4.seconds=0") == 0
    assert capsys.readouterr().out.strip().endswith(".mp4")


def test_a_saved_workflow_gives_the_video_of_its_export(command, workflow, capsys):
    videos = []
    for graph in (workflow, drawn("text_to_video")):
        assert command(graph, "--set", "1.model=tiny", "--set", "5.steps=3", "--set", "4.seconds=0.5") == 0
        videos.append(Path(capsys.readouterr().out.strip()).read_bytes())
    assert videos[0] == videos[1]


def test_what_a_muted_node_takes_away_is_said(command, tmp_path, capsys):
    saved = json.loads((drawn("text_to_video")).read_text())
    next(node for node in saved["nodes"] if node["type"] == "SoraSampler")["mode"] = 2
    assert command(json.dumps(saved)) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].endswith(
        "nothing is left to run: node 6 (SoraDecodeToVideo) is left out: node 5 (SoraSampler) is muted"
    )
    assert said[1].endswith("node 7 (SaveVideo) is left out: it needs node 6 (SoraDecodeToVideo)")
