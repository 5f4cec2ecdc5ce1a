"""VAEs that code a clip whole in ComfyUI are not asked for one that memory has no room for (whole_clips.py).

Tests nodes/comfy/whole_clips.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "whole_clips", tmp_path_factory.mktemp("whole"))


def test_a_file_is_encoded_as_its_frames_are(report):
    assert report["as images"] == 0


def test_a_clip_without_room_is_refused_by_the_name_of_the_vae_before_it_is_coded(report):
    for way in ("encode", "decode"):
        assert report[way].startswith("the VAE VideoVAE codes a clip whole: got 17 frames of 64x64, which take")
        assert report[way].endswith("use a shorter part, or scale it down")
    assert report["asked"] == 0
