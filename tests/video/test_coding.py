"""What is written: BT.709 in limited range to the nearest level, and the same bytes for the same frames."""

import hashlib

import numpy as np
import pytest
import torch

from sora_core.video.coding import yuv420_of
from sora_core.video.colours import RgbReader, bytes_of
from sora_core.video.video_io import write_video


def test_a_picture_of_even_blocks_survives_within_a_level():
    blocks = torch.randint(0, 256, (16, 24, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    picture = torch.zeros(32, 48, 3, dtype=torch.uint8) + blocks[8, 12]
    frame = yuv420_of(picture)
    frame.colorspace, frame.color_range = 1, 1
    assert (bytes_of(RgbReader().rgb(frame)).int() - picture.int()).abs().max() <= 1


@pytest.mark.parametrize(
    ("colour", "planes"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_known_colours_have_their_known_codes(colour, planes):
    frame = yuv420_of(torch.tensor(colour, dtype=torch.uint8).expand(16, 16, 3))
    assert tuple(int(np.frombuffer(plane, np.uint8)[0]) for plane in frame.planes) == planes


@pytest.mark.slow
@pytest.mark.parametrize("side", [64, 128])
def test_twenty_files_of_the_same_frames_are_equal_to_the_byte(tmp_path, side):
    y, x = torch.meshgrid(torch.arange(side) / side, torch.arange(side) / side, indexing="ij")
    clip = [
        bytes_of(0.5 + 0.5 * torch.stack([6 * x + k / 5, 5 * y + k / 7, 4 * x + 4 * y], -1).sin()) for k in range(25)
    ]
    digests, kept = set(), []
    for index in range(20):
        kept.append(torch.rand(1000 + 37 * index**2))  # so that the memory of the encoder is not the same
        write_video(tmp_path / "clip.mp4", clip, 24)
        digests.add(hashlib.sha256((tmp_path / "clip.mp4").read_bytes()).hexdigest())
    assert len(digests) == 1
