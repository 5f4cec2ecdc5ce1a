"""What the encoders of the host see beside the frames of a latent, and what is then known (vae_reach.py).

Tests nodes/comfy/compressions.py: a class is called causal if no later frame and no longer clip moves its latents.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 1e-5
CAUSAL = {"wan_2_1", "wan_2_2", "ltxv", "cosmos", "minimax_h3", "tae_minimax_h3"}
WHOLE_CLIP = {"hunyuan", "hunyuan_1_5", "mochi"}  # attention over all frames
NEXT_LATENT = {"cogvideox", "tae_wan_2_1", "tae_wan_2_2", "tae_hunyuan_1_5", "tae_ltx_2"}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "vae_reach", tmp_path_factory.mktemp("reach"))


def test_every_video_vae_is_looked_at(report):
    assert set(report) == CAUSAL | WHOLE_CLIP | NEXT_LATENT


@pytest.mark.parametrize("name", sorted(CAUSAL))
def test_a_causal_encoder_sees_no_later_frame_and_no_length(report, name):
    found = report[name]
    assert found["causal"]
    assert found["ahead"] < ROUNDING
    assert found["longer"] < ROUNDING
    assert found["own"] > 0.01


@pytest.mark.parametrize("name", sorted(WHOLE_CLIP | NEXT_LATENT))
def test_an_encoder_that_sees_later_frames_is_not_called_causal(report, name):
    found = report[name]
    assert not found["causal"]
    assert found["ahead"] > 100 * ROUNDING
    if name in WHOLE_CLIP:
        assert found["longer"] > 1000 * ROUNDING


@pytest.mark.parametrize("name", [*sorted(WHOLE_CLIP), "tae_wan_2_1"])
@pytest.mark.parametrize("place", ["beginning", "middle", "end"])
def test_what_is_known_decodes_as_well_as_the_vae_itself_does_it(report, name, place):
    """Not so the latents of a clip that ends where the known frames end, with attention over all frames."""
    found = report[name]["in_place"][place]
    assert found["known"] == {"beginning": [0, 3], "middle": [2, 4], "end": [2, 5]}[place]
    assert found["off"] < ROUNDING
    assert abs(found["decoded"]) < ROUNDING
    if name in WHOLE_CLIP and place != "end":
        assert found["cut"] > 1000 * ROUNDING
