"""Pictures: rows below their labels, narrowed where they are too wide, and curves with every point inside."""

import numpy as np
import pytest
import torch
from PIL import Image

from sora_core.evals.claims.pictures import LARGEST, LINE, PLOT_WIDTH, chart, labelled, strip


def test_a_strip_shows_the_frames_that_were_asked_for() -> None:
    clip = torch.linspace(-1, 1, 5).view(1, 5, 1, 1).expand(3, 5, 4, 6)
    pixels = np.asarray(strip(clip, [0, 4]))
    assert pixels.shape == (4, 14, 3)
    assert (pixels[0, 0] == 0).all()
    assert (pixels[0, -1] == 255).all()


def test_rows_lie_below_one_another_and_wide_ones_are_narrowed() -> None:
    red = Image.new("RGB", (40, 10), "red")
    sheet = labelled([("one", red), ("two", red)])
    assert sheet.width == 48
    assert sheet.height == 2 * (10 + LINE + 8)
    assert labelled([("a b " * 40, red)]).height > labelled([("a b", red)]).height + LINE
    assert labelled([("wide", Image.new("RGB", (4000, 10)))]).width == LARGEST
    with pytest.raises(ValueError, match="got no rows"):
        labelled([])


def test_a_chart_has_a_point_for_each_value() -> None:
    image = chart({"a": [(1.0, 0.0), (16.0, 1.0)], "b": [(4.0, 0.5)]}, across="compute", upward="share")
    assert image.width == PLOT_WIDTH
    colours = {colour for _, colour in image.getcolors(1 << 16) or []}
    assert {(0x1F, 0x6F, 0xB4), (0xD9, 0x5F, 0x02)} <= colours
    with pytest.raises(ValueError, match="expected points with x > 0"):
        chart({"a": [(0.0, 1.0)]}, across="", upward="")
