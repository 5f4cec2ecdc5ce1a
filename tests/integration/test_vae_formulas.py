"""Every video VAE of ComfyUI on the grid of its own formulas (vae_formulas.py).

Tests nodes/comfy/compressions.py: which frames a VAE of the host takes, and which of them each latent frame holds.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 2e-5
TIMES = {  # pixel frames of the second latent frame
    "wan_2_1": 4,
    "wan_2_2": 4,
    "hunyuan": 4,
    "hunyuan_1_5": 4,
    "mochi": 6,
    "ltxv": 8,
    "cosmos": 8,
    "cogvideox": 4,
    "minimax_h3": 4,
    "tae_wan_2_1": 4,
    "tae_wan_2_2": 4,
    "tae_hunyuan_1_5": 4,
    "tae_minimax_h3": 4,
    "tae_ltx_2": 8,
}
CHUNKED = {"minimax_h3", "tae_minimax_h3"}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "vae_formulas", tmp_path_factory.mktemp("formulas"))


def test_every_video_vae_is_looked_at(report):
    assert set(report) == set(TIMES)


@pytest.mark.parametrize("name", TIMES)
def test_a_vae_codes_what_we_say_that_it_codes(report, name):
    said, coded = report[name]["said"], report[name]["coded"]
    if name == "cogvideox":  # its decoder makes 8 frames of 2 latents, which hold 5
        assert coded[1][5] == 8
        said, coded = [row[:5] for row in said], [row[:5] for row in coded]
    assert said == coded


@pytest.mark.parametrize("name", TIMES)
def test_latent_frames_hold_one_frame_and_then_as_many_as_the_vae_compresses(report, name):
    time = TIMES[name]
    expected = [1, time, time, time, time, 1, time, time] if name in CHUNKED else [1, *[time] * 7]
    assert report[name]["spans"] == expected


def test_minimax_h3_has_17_frames_in_5_latents(report):
    for name in CHUNKED:
        assert [row[-1] for row in report[name]["said"]] == [1, 5, 22]
        found = report[name]["nodes"]
        assert found["grid"] == [37, 124]  # 5 seconds at 24 fps, as the host's own nodes make them
        assert found["extended"] == [39, 12, 17]


def test_the_small_vae_of_ltx_2_has_32_pixels_and_8_frames_in_a_latent(report):
    found = report["tae_ltx_2"]
    assert found["said"][2] == [1, 128, 3, 2, 2, 17]
    assert found["nodes"]["grid"] == [16, 121]
    assert found["nodes"]["extended"] == [33, 5, 8]


@pytest.mark.parametrize("name", [*sorted(CHUNKED), "tae_ltx_2"])
def test_the_nodes_keep_what_the_vae_encodes_and_show_all_that_it_decodes(report, name):
    found = report[name]["nodes"]
    assert found["own"] < ROUNDING
    assert found["images"] < ROUNDING
    assert found["frames"] == ([49, 49] if name == "tae_ltx_2" else [22, 22])
