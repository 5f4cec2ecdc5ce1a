"""What a graph tells of a source before it runs."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack


@pytest.fixture
def known(nodes, tmp_path):
    """The facts of an input that is linked to a node of a class, with files in a folder of inputs."""
    folders = import_from_pack("headless.folders").Folders
    made = folders(tmp_path / "in", tmp_path / "out", tmp_path / "temp")
    folders.install(made)
    made.input.mkdir()
    files = import_from_pack("sora_core.video.video_io")
    files.write_video(made.input / "film.mp4", torch.zeros(12, 36, 64, 3, dtype=torch.uint8), 24.0)
    files.write_video(tmp_path / "outside.mp4", torch.zeros(12, 36, 64, 3, dtype=torch.uint8), 24.0)
    (made.input / "broken.mp4").write_bytes(b"no video")

    def ask(class_type, name, value, slot=0):
        graph = {
            "1": {"class_type": class_type, "inputs": {name: value}},
            "2": {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}},
            "3": {"class_type": "SoraOutpaintVideo", "inputs": {"source": ["1", slot]}},
            "4": {"class_type": "SoraOutpaintVideo", "inputs": {"source": ["2", slot]}},
        }
        module = import_from_pack("nodes.io.known_source")
        return [module.known_source(graph, node, "source") for node in ("3", "4")]

    return ask


def test_size_length_and_rate_of_a_video_file_are_known_and_of_its_images_the_size(known):
    assert known("LoadVideo", "file", "film.mp4") == [(36, 64, 12, 24.0), (36, 64, 12, 0.0)]
    assert known("SoraSampleClip", "clip", "circle_right") == [(64, 64, 17, 8.0), (64, 64, 17, 0.0)]


@pytest.mark.parametrize("name", ["../outside.mp4", "none.mp4", "broken.mp4", ["7", 0], None])
def test_of_other_files_nothing_is_known(known, name):
    assert known("LoadVideo", "file", name) == [None, None]


def test_of_what_other_nodes_make_nothing_is_known(known):
    assert known("SoraDecodeToVideo", "samples", "film.mp4") == [None, None]
    assert known("LoadVideo", "file", "film.mp4", slot=1) == [None, None]
