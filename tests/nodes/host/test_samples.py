"""Pictures of the workflows lie in the input folder, and a user's file of the same name stays."""

from __future__ import annotations

import json
import logging

import pytest

from headless.pack import PACK_ROOT, import_from_pack

PICTURES = sorted(path.name for path in (PACK_ROOT / "web" / "samples").glob("*.png"))


@pytest.fixture
def offer_pictures():
    return import_from_pack("nodes.host.samples").offer_pictures


def test_they_are_those_that_the_workflows_of_the_bundled_model_show():
    shown = set()
    for note in (PACK_ROOT / "workflows" / "notes").glob("*.md"):
        graph = json.loads((PACK_ROOT / "workflows" / "api" / f"{note.stem}.json").read_text())
        shown |= {node["inputs"]["image"] for node in graph.values() if node["class_type"] == "LoadImage"}
    assert sorted(shown) == PICTURES


def test_they_are_put_beside_files_of_the_user(offer_pictures, tmp_path):
    (tmp_path / PICTURES[0]).write_bytes(b"the user's own")
    offer_pictures(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == PICTURES
    assert (tmp_path / PICTURES[0]).read_bytes() == b"the user's own"


def test_a_folder_that_is_not_there_is_told_once_and_stops_nothing(offer_pictures, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        offer_pictures(tmp_path / "none")
    (line,) = caplog.messages
    assert line.startswith(f"Sora Video: cannot put {PICTURES[0]} into the input folder: ")
