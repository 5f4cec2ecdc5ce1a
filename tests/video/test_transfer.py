"""HDR and wide gamuts to sRGB: known points of the standards, and what must hold for all."""

import pytest
import torch

from sora_core.video.transfer import BT709, BT2020, HLG, P3, PQ, describe, needs_conversion, to_srgb


def gray(level, primaries, transfer):
    return to_srgb(torch.full((1, 3), level), primaries, transfer)


def test_srgb_is_returned_as_it_is():
    signal = torch.rand(4, 3)
    assert to_srgb(signal, BT709, BT709) is signal
    assert not needs_conversion(BT709, BT709)
    assert not needs_conversion(2, 2)


@pytest.mark.parametrize(("level", "transfer"), [(0.58, PQ), (0.75, HLG)])
def test_the_white_of_hdr_is_nearly_the_white_of_sdr(level, transfer):
    assert 0.9 < gray(level, BT2020, transfer).mean() < 1


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("primaries", [BT709, BT2020, P3])
def test_brighter_is_brighter_gray_is_gray_and_black_is_black(primaries, transfer):
    ramp = torch.linspace(0, 1, 256)[:, None].expand(-1, 3)
    made = to_srgb(ramp, primaries, transfer)
    assert made.min() >= 0
    assert made.max() <= 1
    assert made[0].max() < 1e-3
    assert (made.diff(dim=0) >= -1e-5).all()
    assert (made.amax(-1) - made.amin(-1)).max() < 5e-3


@pytest.mark.parametrize("primaries", [BT2020, P3])
def test_a_wide_gamut_without_hdr_keeps_gray_and_gains_saturation(primaries):
    ramp = torch.linspace(0, 1, 64)[:, None].expand(-1, 3)
    torch.testing.assert_close(to_srgb(ramp, primaries, BT709), ramp, atol=2e-3, rtol=0)
    red = to_srgb(torch.tensor([[0.7, 0.4, 0.4]]), primaries, BT709)[0]
    assert red[0] > 0.7
    assert red[1] < 0.4


def test_the_red_of_srgb_within_bt2020_is_red():
    light = torch.tensor([0.6274, 0.0691, 0.0164])  # of BT.2020, for the linear red of BT.709
    torch.testing.assert_close(
        to_srgb(light[None] ** (1 / 2.4), BT2020, 14)[0], torch.tensor([1.0, 0, 0]), atol=0.06, rtol=0
    )


def test_it_is_described_by_name():
    assert describe(BT2020, PQ) == "HDR (PQ, BT.2020)"
    assert describe(BT709, HLG) == "HDR (HLG)"
    assert describe(P3, BT709) == "wide gamut (Display P3)"
