"""Sources of a timeline: only those on it are read, and the first clip in time sets the size."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip

sources = import_from_pack("nodes.canvas.timeline_sources")
parse = import_from_pack("sora_core.timeline.parsing").parse_timeline


def test_what_is_not_on_the_timeline_is_not_read(nodes, vae):
    read = parse("0-1 = clip2\n2-3 = clip2", 8.0)
    found = sources.sources_of(read, {"clip1": "unread", "clip2": clip(9)}, {"mask2": torch.ones(1, 32, 32)}, vae)
    assert [*found] == ["clip2"]
    assert found["clip2"].region is not None
    assert len(found["clip2"].shown) == 9


@pytest.mark.parametrize(
    ("text", "ratio", "size", "aspect"),
    [
        ("2 = clip1\n0-1 = clip2", "", (24, 40), 5 / 3),  # a video is shown whole
        ("0 = clip1\n1-2 = clip2", "", (40, 24), None),  # a picture is cropped
        ("0-1 = clip2", "1:1", (32, 32), None),
        ("length 1", "", (32, 32), None),
    ],
)
def test_the_first_clip_in_time_sets_the_size(nodes, vae, text, ratio, size, aspect):
    read = parse(text, 8.0)
    found = sources.sources_of(read, {"clip1": clip(1, 50, 30), "clip2": clip(9, 30, 50)}, {}, vae)
    encoder = sources.frame_of(read, found, vae, ratio, 32)
    assert (encoder.height, encoder.width) == pytest.approx(size, abs=8)
    assert (encoder.aspect is None) == (aspect is None)
    assert aspect is None or encoder.aspect == pytest.approx(aspect)


def test_clip_and_mask_are_named_after_each_other():
    assert (sources.mask_of("clip12"), sources.clip_of("mask12")) == ("mask12", "clip12")
