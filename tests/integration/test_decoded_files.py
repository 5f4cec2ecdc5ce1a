"""VIDEOs of Sora Decode to Video in ComfyUI: exact frames for nodes, one encode for people (decoded_files.py).

Tests nodes/comfy/videos.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "decoded_files", tmp_path_factory.mktemp("decoded"))


def test_nothing_is_encoded_for_players_before_it_is_asked_for(report):
    assert report["files after decoding"] == [".mov"]


def test_nodes_of_the_host_and_ours_read_the_decoder_s_frames(report):
    assert report["read"] == report["components"] == 0


def test_what_is_saved_was_encoded_once_from_the_decoder_s_frames(report):
    found = report["saved"]
    assert found["as once"] == 0
    assert found["plain.mp4"][0] == found["chosen.mp4"][0] == found["other.mkv"][0] == ["h264", 9]
    assert found["web.webm"][0] == ["av1", 9]
    assert found["plain.mp4"][1] < 3
    assert found["chosen.mp4"][1] > 1.5 * found["plain.mp4"][1]  # with the quality that was chosen


def test_colours_are_right_in_every_container(report):
    assert all(found[1] < 4 for name, found in report["saved"].items() if name != "as once")


def test_other_programs_get_a_file_that_plays(report):
    codec, frames, *size = report["stream"]
    assert (codec, frames) == ("h264", 9)
    assert report["length"] == [9, 9 / 8, *size[::-1]]


def test_a_trimmed_part_has_its_frames(report):
    (codec, frames), error = report["part"]
    assert (codec, frames) == ("h264", 4)
    assert error < 4


def test_temporary_files_go_with_the_video(report):
    assert report["files in the end"] == []
