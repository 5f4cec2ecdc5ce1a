"""What a graph tells of a source before it runs, whatever the graph and the file are."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from media_folder import add_picture


@pytest.fixture
def module(nodes, tmp_path):
    """The module, with files in a folder of inputs."""
    folders = import_from_pack("headless.folders").Folders
    made = folders(tmp_path / "in", tmp_path / "out", tmp_path / "temp")
    folders.install(made)
    made.input.mkdir()
    write = import_from_pack("sora_core.video.video_io").write_video
    for path in (made.input / "film.mp4", tmp_path / "outside.mp4"):
        write(path, torch.zeros(12, 36, 64, 3, dtype=torch.uint8), 24.0)
    (made.input / "broken.mp4").write_bytes(b"no video")
    (made.input / "folder.mp4").mkdir()
    add_picture(made.input / "picture.png")
    return import_from_pack("nodes.io.known_source")


def graph_of(class_type, name, value, slot=0):
    return {
        "1": {"class_type": class_type, "inputs": {name: value}},
        "2": {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}},
        "3": {"class_type": "SoraOutpaintVideo", "inputs": {"source": ["1", slot]}},
        "4": {"class_type": "SoraOutpaintVideo", "inputs": {"source": ["2", slot]}},
    }


def known(module, graph):
    """Sizes, and lengths, of what is linked to a node directly and as images."""
    sizes = [module.known_size(graph, node, "source") for node in ("3", "4")]
    return [*sizes, *(module.known_length(graph, node, "source") for node in ("3", "4"))]


def test_size_and_length_of_a_video_file_are_known_and_of_its_images_the_size(module):
    assert known(module, graph_of("LoadVideo", "file", "film.mp4")) == [(36, 64), (36, 64), (12, 24.0), None]
    assert known(module, graph_of("SoraSampleClip", "clip", "circle_right")) == [(64, 64), (64, 64), (17, 8.0), None]


def test_the_size_of_a_picture_is_known(module):
    pictures = import_from_pack("sora_core.video.pictures")
    path = import_from_pack("headless.folders").Folders.current().input / "picture.png"
    expected = tuple(pictures.read_pictures(path).colours.shape[1:3])
    assert module.known_size(graph_of("LoadImage", "image", "picture.png"), "3", "source") == expected
    assert module.known_length(graph_of("LoadImage", "image", "picture.png"), "3", "source") is None


@pytest.mark.parametrize("name", ["../outside.mp4", "none.mp4", "broken.mp4", "folder.mp4", "a\0b", "", ["7", 0], None])
@pytest.mark.parametrize(
    ("class_type", "of"), [("LoadVideo", "file"), ("LoadImage", "image"), ("SoraSampleClip", "clip")]
)
def test_of_other_files_nothing_is_known(module, class_type, of, name):
    assert known(module, graph_of(class_type, of, name)) == [None] * 4


def test_of_what_other_nodes_make_nothing_is_known(module):
    assert known(module, graph_of("SoraDecodeToVideo", "samples", "film.mp4")) == [None] * 4
    assert known(module, graph_of("LoadVideo", "file", "film.mp4", slot=1)) == [None] * 4


@pytest.mark.parametrize(
    "graph",
    [
        {"3": 5},
        {"3": {"inputs": []}},
        {"3": {"inputs": {"source": ["3", 0]}}},
        {"3": {"inputs": {"source": ["1", 0]}}, "1": None},
        {"3": {"inputs": {"source": [["1"], 0]}}},
        {"3": {"inputs": {"source": [1, 0]}}},
        {
            "3": {"inputs": {"source": ["1", 0]}},
            "1": {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}},
        },
        {"3": {"inputs": {"source": ["1", 0]}}, "1": {"class_type": ["x"], "inputs": {}}},
        {"3": {"inputs": {"source": ["1", 0]}}, "1": {"class_type": "LoadVideo", "inputs": None}},
    ],
)
def test_a_graph_of_any_form_tells_nothing_and_ends(module, graph):
    assert known(module, graph) == [None] * 4
