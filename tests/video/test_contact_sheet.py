"""The contact sheet puts every frame where a reader expects it."""

import pytest
import torch

from sora_core.video.contact_sheet import contact_sheet


def test_frames_go_row_by_row_with_a_gap():
    frames = torch.arange(3, dtype=torch.uint8).reshape(3, 1, 1, 1).expand(3, 4, 6, 3) * 50
    sheet = contact_sheet(frames, columns=2)
    assert sheet.size == (6 + 2 + 6, 4 + 2 + 4)
    corners = [(0, 0), (8, 0), (0, 6), (8, 6), (6, 0)]
    assert [sheet.getpixel(corner)[0] for corner in corners] == [0, 50, 100, 255, 255]


@pytest.mark.parametrize(("count", "columns"), [(0, 2), (2, 0)])
def test_nothing_to_lay_out_is_rejected(count, columns):
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet(torch.zeros(count, 4, 6, 3, dtype=torch.uint8), columns)
