"""Borders: the source stands unscaled in a picture of the made clip's form, and the made border goes over into it."""

from __future__ import annotations

import pytest
import torch

from sora_core.video.border import Border
from sora_core.video.source_clip import SourceClip


def source(height: int, width: int) -> SourceClip:
    return SourceClip(torch.rand(2, height, width, 3, generator=torch.Generator().manual_seed(0)), 24.0)


def mask(height: int, width: int, rows: slice, columns: slice) -> torch.Tensor:
    made = torch.ones(1, height, width)
    made[:, rows, columns] = 0
    return made


ALL = slice(None)


@pytest.mark.parametrize(
    ("own", "hole", "size", "place"),
    [
        ((404, 720), mask(64, 64, slice(16, 48), ALL), (720, 720), (158, 0)),
        ((404, 720), mask(64, 64, slice(0, 32), ALL), (720, 720), (0, 0)),
        ((96, 54), mask(48, 80, ALL, slice(32, 64)), (96, 160), (0, 71)),
        ((96, 54), mask(48, 80, ALL, slice(48, 80)), (96, 160), (0, 106)),
    ],
)
@pytest.mark.parametrize("scale", [1, 2])
def test_the_source_stands_unscaled_in_the_form_of_the_canvas(own, hole, size, place, scale):
    clip = source(*own)
    border = Border.of(clip, (scale * hole.shape[1], scale * hole.shape[2]), hole, feather=8)
    assert border.size == (*size, 3)
    made = torch.zeros(*border.made, 3)
    for frame, picture in zip(border.pasted((one, made) for one in clip.frames), clip.frames, strict=True):
        assert frame.shape == border.size
        top, left = place
        assert torch.equal(frame[top : top + own[0], left : left + own[1]], picture)


def test_each_side_is_the_made_clips_own_and_goes_over_from_the_sources_edge():
    clip, made = source(20, 40), torch.zeros(40, 40, 3)
    made[:10], made[30:] = 0.25, 0.75
    border = Border.of(clip, (40, 40), mask(40, 40, slice(10, 30), ALL), feather=1)
    (frame,) = border.pasted([(clip.frames[0], made)])
    assert torch.allclose(frame[:9], torch.tensor(0.25))
    assert torch.allclose(frame[9], (0.25 + clip.frames[0, 0]) / 2)
    assert torch.allclose(frame[30], (0.75 + clip.frames[0, -1]) / 2)
    assert torch.allclose(frame[31:], torch.tensor(0.75))


def test_what_both_show_is_the_source():
    clip, made = source(20, 40), torch.rand(40, 40, 3)
    own, theirs = Border.of(clip, (40, 40), mask(40, 40, slice(10, 30), ALL)).known(0, clip.frames[0], made)
    assert torch.equal(own[:, 0], made[10:30].flatten(0, 1))
    assert torch.equal(theirs[:, 0], clip.frames[0].flatten(0, 1))


@pytest.mark.parametrize(
    "hole",
    [
        torch.ones(1, 40, 40),
        torch.zeros(1, 40, 40),
        mask(40, 40, slice(10, 30), slice(10, 30)),
        mask(40, 40, slice(0, 40, 2), ALL),
        torch.zeros(2, 40, 40),
    ],
)
def test_a_mask_that_is_no_border_on_two_sides_is_refused(hole):
    with pytest.raises(ValueError, match="expected the border of Sora Outpaint Video"):
        Border.of(source(20, 40), (40, 40), hole)
