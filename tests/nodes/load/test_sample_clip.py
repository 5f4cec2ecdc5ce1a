"""Sora Sample Clip: every clip that it offers is there, and is what its tooltip says."""

from __future__ import annotations

import pytest

from headless.pack import PACK_ROOT
from node_runs import run
from sora_core.video.video_io import probe

CLIPS = sorted(path.stem for path in (PACK_ROOT / "web" / "samples").glob("*.mp4"))


def test_it_offers_the_clips_that_there_are_one_of_them_by_default(nodes):
    (clip,) = nodes["SoraSampleClip"].GET_SCHEMA().inputs
    assert clip.options["options"] == CLIPS
    assert clip.options["default"] in CLIPS
    assert "big_buck_bunny" in CLIPS


@pytest.mark.parametrize("name", CLIPS)
def test_a_clip_has_the_size_and_rate_that_the_tooltip_tells(nodes, name):
    (video,) = run(nodes["SoraSampleClip"], clip=name)
    expected = (320, 180, 25.0) if name == "big_buck_bunny" else (64, 64, 8.0)
    assert (*video.get_dimensions(), video.get_frame_rate()) == expected
    assert probe(video.path).frames > 8
