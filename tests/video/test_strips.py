"""Strips cover every row once, hold few pixels, and change no result."""

import av
import numpy as np
import pytest
import torch

from sora_core.video import strips as module
from sora_core.video.coding import yuv420_of
from sora_core.video.colours import RgbReader, bytes_of
from sora_core.video.strips import STRIP_PIXELS, strips


@pytest.mark.parametrize(("height", "width", "frames"), [(1080, 1920, 1), (1080, 1920, 3), (7, 2**20, 1), (1, 1, 1)])
def test_strips_are_all_rows_once_and_as_few_pixels_as_two_rows_allow(height: int, width: int, frames: int) -> None:
    made = [*strips(height, width, frames)]
    assert [row for strip in made for row in range(strip.start, strip.stop)] == [*range(height)]
    assert all(strip.start % 2 == 0 for strip in made)
    most = max(STRIP_PIXELS, 2 * width * frames)
    assert all((strip.stop - strip.start) * width * frames <= most for strip in made)


@pytest.mark.parametrize("pixels", [1, 37, 200])
@pytest.mark.parametrize(
    ("form", "transfer"), [("yuv420p", 2), ("yuv422p10le", 2), ("yuvj420p", 2), ("yuv420p10le", 16)]
)
def test_strips_change_no_result(monkeypatch: pytest.MonkeyPatch, pixels: int, form: str, transfer: int) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (18, 24, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=form)
    frame.color_trc = transfer

    def results() -> list[torch.Tensor]:
        read = RgbReader().rgb(frame)
        planes = yuv420_of(torch.from_numpy(rgb)).planes
        return [
            read,
            bytes_of(torch.from_numpy(rgb) / 255),
            *(torch.frombuffer(bytearray(plane), dtype=torch.uint8) for plane in planes),
        ]

    whole = results()
    monkeypatch.setattr(module, "STRIP_PIXELS", pixels)
    for one, two in zip(whole, results(), strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-6 if one.is_floating_point() else 0)
