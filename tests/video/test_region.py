"""Regions: masks of a video's aspect ratio, spread over its time, and what is shown inside and outside of them."""

from __future__ import annotations

import pytest
import torch

from sora_core.video.region import Region, region_of, spread
from sora_core.video.source_clip import SourceClip


def source(frames: int = 6, height: int = 24, width: int = 32) -> SourceClip:
    return SourceClip(torch.rand(frames, height, width, 3, generator=torch.Generator().manual_seed(0)), 24.0)


def test_masks_are_spread_evenly_over_the_frames():
    assert spread(1, 3).tolist() == [0, 0, 0]
    assert spread(2, 5).tolist() == [0, 0, 0, 1, 1]
    assert spread(6, 3).tolist() == [0, 2, 4]


def test_a_region_is_scaled_with_all_of_its_clip_and_may_be_of_another_size():
    region = torch.zeros(16, 32)
    region[:, 16:] = 1
    placed = region_of(region, source(1, 32, 64), 32, 48)
    assert placed.shape == (1, 32, 48)
    assert placed[0, :, :22].sum() == 0
    assert (placed[0, :, 26:] == 1).all()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 32, 32), "got a region of 32x32 for a video of 48x32, expected the same aspect ratio"),
        ((0, 32, 48), r"got a region of shape \(0, 32, 48\), expected a MASK \[F H W\] that is not empty"),
        ((1, 1, 32, 48), "expected a MASK"),
    ],
)
def test_a_region_that_does_not_fit_is_refused_with_both_sizes(shape, message):
    with pytest.raises(ValueError, match=message):
        region_of(torch.ones(shape), source(1, 32, 48), 32, 48)


def test_a_region_of_nothing_is_refused():
    with pytest.raises(ValueError, match="got a region that is 0 everywhere"):
        Region(source(), torch.zeros(1, 24, 32))


def test_outside_the_region_nothing_changes_and_inside_it_goes_over_within_the_feather():
    clip, mask = source(), torch.zeros(1, 24, 32)
    mask[:, :, 16:] = 1
    made = torch.ones(24, 32, 3)
    (frame, *_) = Region(clip, mask, feather=3).pasted((picture, made) for picture in clip.frames)
    assert torch.equal(frame[:, :16], clip.frames[0, :, :16])
    share = (frame - clip.frames[0])[:, 16:] / (1 - clip.frames[0])[:, 16:]
    for column, expected in enumerate((0.25, 0.5, 0.75, 1.0, 1.0)):
        assert torch.allclose(share[:, column], torch.tensor(expected), atol=1e-4)
    assert torch.equal(frame[:, 20:], made[:, 20:])  # to the picture's edge, which is none of the region's


def test_a_region_that_moves_is_followed_and_frames_without_one_are_not_touched():
    clip, masks = source(6), torch.zeros(3, 24, 32)
    masks[1, :, :8] = 1
    masks[2, :, 24:] = 1
    region, made = Region(clip, masks), torch.ones(12, 16, 3)
    shown = region.shown(range(6))
    assert shown == [2, 3, 4, 5]
    frames = torch.stack(
        [*region.pasted((picture, made if place in shown else None) for place, picture in enumerate(clip.frames))]
    )
    changed = (frames != clip.frames).any(dim=-1).any(dim=1)  # [F W]
    assert [row.nonzero().flatten().tolist() for row in changed] == [
        [], [], [*range(8)], [*range(8)], [*range(24, 32)], [*range(24, 32)],
    ]  # fmt: skip


def test_what_both_show_is_what_is_outside():
    clip, mask = source(), torch.zeros(1, 24, 32)
    mask[:, :, 16:] = 1
    made, own = Region(clip, mask).known(0, clip.frames[0], torch.zeros(24, 32, 3))
    assert made.shape == own.shape == (24 * 16, 1, 3)
    assert torch.equal(own.view(24, 16, 3), clip.frames[0, :, :16])
    assert len(Region.everywhere(clip).known(0, clip.frames[0], torch.zeros(12, 16, 3))[0]) == 0
