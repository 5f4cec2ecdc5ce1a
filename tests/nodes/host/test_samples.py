"""Pictures and clips of the workflows lie in the input folder, and a user's file of the same name stays."""

from __future__ import annotations

import json
import logging

import pytest

from headless.pack import PACK_ROOT, import_from_pack

PICTURES = sorted(path.name for path in (PACK_ROOT / "web" / "samples").glob("*.png"))


@pytest.fixture
def samples():
    return import_from_pack("nodes.host.samples")


def graphs():
    for note in (PACK_ROOT / "workflows" / "notes").glob("*.md"):
        yield json.loads((PACK_ROOT / "workflows" / "api" / f"{note.stem}.json").read_text())


def shown(class_type, name):
    """What an input of the nodes of a class has in the workflows of the bundled model."""
    nodes = (node for graph in graphs() for node in graph.values() if node["class_type"] == class_type)
    return sorted({node["inputs"][name] for node in nodes})


def test_they_are_those_that_the_workflows_of_the_bundled_model_show(samples):
    assert shown("LoadImage", "image") == PICTURES
    assert shown("SoraCaptionFolder", "folder") == [samples.FOLDER]
    assert all((samples.SAMPLES / f"{clip}.mp4").is_file() for clip in samples.CLIPS)


def test_they_are_put_beside_files_of_the_user(samples, tmp_path):
    (tmp_path / PICTURES[0]).write_bytes(b"the user's own")
    samples.offer_samples(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*PICTURES, samples.FOLDER])
    assert (tmp_path / PICTURES[0]).read_bytes() == b"the user's own"
    assert {path.stem for path in (tmp_path / samples.FOLDER).iterdir()} == set(samples.CLIPS)


def test_a_folder_that_the_user_has_emptied_or_filled_stays(samples, tmp_path):
    (tmp_path / samples.FOLDER).mkdir()
    samples.offer_samples(tmp_path)
    assert list((tmp_path / samples.FOLDER).iterdir()) == []


def test_a_folder_that_is_not_there_is_told_once_and_stops_nothing(samples, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        samples.offer_samples(tmp_path / "none")
    (line,) = caplog.messages
    assert line.startswith("Sora Video: cannot put samples into the input folder: ")
    assert PICTURES[0] in line
