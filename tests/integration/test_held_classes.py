"""Every video class of the host keeps known places as the host's own sampler keeps them (held_classes.py).

Tests nodes/comfy/guiders.py and nodes/comfy/token_timesteps.py: what the model of a clip or a window is shown and told.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

CLASSES = {
    "wan_2_1": "WAN21",
    "wan_2_1_image": "WAN21",
    "wan_fun_control": "WAN21",
    "wan_camera": "WAN21_Camera",
    "wan_camera_2_2": "WAN21_Camera",
    "wan_vace": "WAN21_Vace",
    "wan_scail": "WAN21_SCAIL",
    "wan_scail_2": "WAN21_SCAIL2",
    "wan_sound": "WAN22_S2V",
    "wan_humo": "WAN21_HuMo",
    "wan_animate": "WAN22_Animate",
    "wan_animate_2": "WAN_Animate2",
    "wan_dancer": "WAN22_WanDancer",
    "wan_causal": "WAN21_CausalAR",
    "wan_2_2": "WAN22",
    "mochi": "GenmoMochi",
    "ltxv": "LTXV",
    "ltx_2": "LTXAV",
    "hunyuan": "HunyuanVideo",
    "hunyuan_image": "HunyuanVideoI2V",
    "hunyuan_skyreels": "HunyuanVideoSkyreelsI2V",
    "hunyuan_1_5": "HunyuanVideo15",
    "hunyuan_1_5_mean_flow": "HunyuanVideo15",
    "hunyuan_1_5_sr": "HunyuanVideo15_SR_Distilled",
    "kandinsky_5": "Kandinsky5",
}
ROUNDING = 1e-5  # of the spread of the latents
PARITY = 1e-4  # the same, where levels between 0 and 1 are rounded on the way to the model
REGIONS = {"inpaint", "outpaint"}  # frames that are known in part
FROM_FRAMES = {"wan_2_1_image", "wan_fun_control"}  # which need frames of the whole clip


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "held_classes", tmp_path_factory.mktemp("classes"))


def test_every_class_is_looked_at(report):
    assert {name: found["class"] for name, found in report.items()} == CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_every_ability_becomes_what_the_core_sampler_makes_of_it(report, name):
    """Not so frames known in part on Wan 2.2: the host tells it one level for them, we tell it that of each patch."""
    found = report[name]["abilities"]
    assert len(found) == (9 if name == "hunyuan" else 8)
    for ability, apart in found.items():
        if name == "wan_2_2" and ability in REGIONS:
            assert apart > 0.1
        else:
            assert apart < ROUNDING, ability
    assert report[name]["another"] > 1  # two canvases differ


@pytest.mark.parametrize("name", CLASSES)
def test_res_multistep_is_that_of_core_with_known_frames_too(report, name):
    assert report[name]["res_multistep"] < ROUNDING


@pytest.mark.parametrize("name", CLASSES)
def test_a_strength_of_core_s_nodes_means_what_it_means_in_core(report, name):
    for kind, apart in report[name]["strengths"].items():
        assert apart < PARITY, kind


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - FROM_FRAMES))
def test_a_window_becomes_what_the_core_sampler_makes_of_a_clip_of_its_length(report, name):
    first, second = report[name]["windows"]
    assert first < ROUNDING
    assert second < ROUNDING


@pytest.mark.parametrize("name", sorted(FROM_FRAMES))
def test_a_model_that_needs_frames_of_the_whole_clip_is_refused_in_windows(report, name):
    assert "(concat_latent_image), which does not work in 2 windows" in report[name]["windows"]
