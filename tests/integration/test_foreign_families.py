"""MODELs and VAEs of other families, loaded by ComfyUI's own loaders, in every node of ours (foreign_families.py).

Tests nodes/comfy/token_timesteps.py and nodes/comfy/sampling.py: one timestep per token, or per clip, of host MODELs.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

FAMILIES = {"wan_2_1": "WAN21", "wan_2_2": "WAN22", "ltxv": "LTXV"}
OWN_SHIFTS = {"wan_2_1": 8.0, "wan_2_2": 8.0, "ltxv": math.exp(2.37)}  # ComfyUI says 2.37, of which this is the shift
ROUNDING = 1e-5  # of the spread of the latents
PARITY = 1e-4  # the same, of two implementations of one transformer
FRACTIONS = {"SoraEditVideo", "SoraMorphVideos"}  # levels between 0 and 1, which the host blends towards the source
REGIONS = {"SoraInpaintVideo", "SoraOutpaintVideo"}  # frames that are known in part


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "foreign_families", tmp_path_factory.mktemp("families"))


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    return request.param


def test_the_loaders_make_the_host_s_own_classes(report, family):
    assert report[family]["family"] == FAMILIES[family]


@pytest.mark.parametrize(
    ("family", "grid"),
    [
        ("wan_2_1", [32, 32, 17, 1, 16, 5, 4, 4]),
        ("wan_2_2", [64, 64, 17, 1, 48, 5, 4, 4]),
        ("ltxv", [64, 64, 17, 1, 128, 3, 2, 2]),
    ],
)
def test_the_grid_has_the_compression_and_channels_of_the_vae(report, family, grid):
    assert report[family]["text_to_video"]["grid"] == grid


def test_an_empty_canvas_becomes_what_core_samplers_make_of_it(report, family):
    found = report[family]["text_to_video"]
    assert found["core"] < ROUNDING
    assert found.get("ksampler", 0) < ROUNDING
    assert ("ksampler" in found) == (family != "ltxv")  # whose schedule KSampler cannot be told
    assert found["other_guidance"] > 0.1


def test_every_ability_holds_what_is_known(report, family):
    found = report[family]["abilities"]
    assert len(found) == 11
    for name, one in found.items():
        assert one["finite"]
        assert one["said"] == []
        assert one["known"] is None if name == "SoraEditVideo" else one["known"] < ROUNDING


def test_sigmas_give_what_the_core_sampler_gives_for_them(report, family):
    found = report[family]["schedules"]
    for name in ("few steps", "from the middle", "to the middle", "a core scheduler"):
        assert found[name] < ROUNDING, name


def test_a_shift_of_zero_is_the_model_s_own_and_another_one_is_told(report, family):
    found = report[family]["schedules"]
    assert found["shift of a node"] == 0
    assert found["said"] == []
    assert found["said of another"] == ["Shift 3 replaces the 5 of the MODEL; 0 keeps it."]
    assert found["own shift"] == pytest.approx(OWN_SHIFTS[family], abs=0.01)


def test_what_is_held_whole_becomes_what_the_core_sampler_makes_of_it(report, family):
    """Not so frames known in part on Wan 2.2: the host tells it one level for them, we tell it that of each patch."""
    differs = FRACTIONS | (REGIONS if family == "wan_2_2" else set())
    for name, one in report[family]["abilities"].items():
        assert (one["core"] > 0.1) if name in differs else (one["core"] < ROUNDING), name


def test_wan_2_2_gets_a_level_for_each_patch(report):
    """Two conditionings of 7 frames of 2x2 patches; and the host's sampler agrees where its class does the same."""
    found = report["wan_2_2"]["per_patch"]
    assert found["levels"] == found["patches"] == 2 * 7 * 4
    assert found["core"] < ROUNDING


@pytest.mark.parametrize("family", ["wan_2_1", "wan_2_2"])
def test_our_loader_s_model_holds_as_the_host_s_of_the_same_file(report, family):
    """In the core sampler too, but where the host tells Wan 2.2 one level for frames that are known in part."""
    for name, one in report[family]["own_loader"].items():
        assert one["said"] == []
        assert one["host's"] < PARITY, name
        assert family == "wan_2_2" or one["core"] < PARITY, name


@pytest.mark.parametrize("family", ["wan_2_2", "ltxv"])
def test_a_model_with_levels_per_patch_takes_noised_context_and_rolls(report, family):
    for found in report[family]["windows"].values():
        assert found["finite"]
        assert found["known"] < ROUNDING


def test_what_is_known_is_followed_by_a_model_with_levels_per_patch_and_by_no_other(report, family):
    for found in report[family]["followed"].values():
        assert found["known"] < ROUNDING
        assert found["line"] < PARITY
        if family == "wan_2_1":
            assert found["change"] == 0
            assert found["said"] == ["History guidance does nothing: one timestep per clip."]
        else:
            assert found["change"] > 100 * ROUNDING
            assert found["said"] == []


def test_the_vae_gives_the_frames_of_core_vae_decode_and_the_latents_of_vae_encode(report, family):
    found = report[family]["decoding"]
    assert found["images"] < 2e-5 < 0.1 < found["spread"]
    assert found["video"][0] == sum(found["chunks"]) == 17
    assert found["encoded"] < PARITY


@pytest.mark.parametrize(
    ("family", "chunks"), [("wan_2_1", [1, 4, 4, 4, 4]), ("wan_2_2", [1, 4, 4, 4, 4]), ("ltxv", [17])]
)
def test_a_wan_vae_that_core_loaded_is_decoded_as_a_stream(report, family, chunks):
    assert report[family]["decoding"]["chunks"] == chunks


@pytest.mark.parametrize("family", ["wan_2_1", "wan_2_2"])
def test_a_stream_without_memory_for_a_chunk_is_finished_by_the_host(report, family):
    found = report[family]["out_of_memory"]
    assert found["lengths"] == [1, 16]
    assert found["error"] < 2e-5


@pytest.mark.parametrize(("family", "shape"), [("wan_2_1", [17, 3]), ("wan_2_2", [49, 3]), ("ltxv", [129, 3])])
def test_previews_have_the_host_s_colours(report, family, shape):
    assert report[family]["preview"] == shape
