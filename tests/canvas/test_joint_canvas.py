"""A canvas of frames and sound: what fits together, and both in one row of places and back."""

from __future__ import annotations

import pytest
import torch

from sora_core.canvas.abilities import text_to_video
from sora_core.canvas.joint_canvas import JointCanvas, Packing, RowCanvas, SoundCanvas
from sora_core.canvas.shapes import LatentShape


def sound(batch: int = 1) -> SoundCanvas:
    return SoundCanvas(torch.zeros(batch, 8, 5, 16), torch.ones(batch, 1, 5, 16))


def test_frames_and_sound_of_as_many_clips_belong_together():
    canvas = JointCanvas(text_to_video(LatentShape(4, 3, 2, 2), 2), sound(2))
    assert canvas.picture.batch == 2
    with pytest.raises(ValueError, match="got 2 clips and 1 of sound"):
        JointCanvas(text_to_video(LatentShape(4, 3, 2, 2), 2), sound(1))


@pytest.mark.parametrize(
    ("clean", "level", "message"),
    [
        (torch.zeros(1, 8, 5), torch.ones(1, 1, 5), "must be \\[B C L R\\]"),
        (torch.zeros(1, 8, 0, 16), torch.ones(1, 1, 0, 16), "not empty"),
        (torch.zeros(1, 8, 5, 16), torch.ones(1, 8, 5, 16), "must be \\(1, 1, 5, 16\\)"),
        (torch.zeros(1, 8, 5, 16), torch.full((1, 1, 5, 16), 1.5), "0..1, got 1.5..1.5"),
    ],
)
def test_sound_that_does_not_fit_is_refused(clean, level, message):
    with pytest.raises(ValueError, match=message):
        SoundCanvas(clean, level)


def test_streams_in_a_row_come_back_as_they_were():
    generator = torch.Generator().manual_seed(0)
    streams = [torch.randn(2, 4, 3, 2, 2, generator=generator), torch.randn(2, 8, 5, 16, generator=generator)]
    packing = Packing.of(streams)
    row = packing.pack(streams)
    assert tuple(row.shape) == (2, 1, 1, 1, packing.places) == (2, 1, 1, 1, 4 * 12 + 8 * 80)
    for got, expected in zip(packing.unpack(row), streams, strict=True):
        assert torch.equal(got, expected)
    for got, expected in zip(packing.unpack(row.flatten(1)), streams, strict=True):
        assert torch.equal(got, expected)


def test_levels_are_repeated_over_the_channels():
    packing = Packing(((1, 4, 1, 1, 2), (1, 2, 3, 1)))
    row = packing.pack([torch.tensor([0.0, 1.0]).view(1, 1, 1, 1, 2), torch.tensor([1.0, 0.0, 1.0]).view(1, 1, 3, 1)])
    assert row.flatten().tolist() == [0, 1] * 4 + [1, 0, 1] * 2


def test_rows_of_other_sizes_are_refused():
    packing = Packing(((1, 4, 1, 1, 2), (1, 2, 3, 1)))
    with pytest.raises(ValueError, match="got a row of 13 places, expected 14"):
        packing.unpack(torch.zeros(1, 1, 1, 1, 13))
    with pytest.raises(ValueError, match="got 1 streams of latents, expected 2"):
        packing.pack([torch.zeros(1, 4, 1, 1, 2)])


def test_a_row_has_the_values_and_levels_of_both():
    joint = JointCanvas(text_to_video(LatentShape(4, 3, 2, 2), 1), sound())
    row = RowCanvas.of(joint)
    assert row.clean.shape == row.noise_level.shape == (1, 1, 1, 1, 4 * 12 + 8 * 80)
    assert torch.equal(row.picture(row.clean), joint.picture.clean)
