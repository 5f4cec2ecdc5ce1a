"""Of all classes of model in ComfyUI, those of videos pass and the others are refused by name (model_classes.py).

Tests nodes/comfy/kinds.py and nodes/comfy/sampling.py: a class that a new host brings fails here until it is told.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

VIDEO = [
    "GenmoMochi",
    "LTXV",
    "LTXAV",
    "MiniMaxH3",
    "HunyuanVideo",
    "HunyuanVideoI2V",
    "HunyuanVideoSkyreelsI2V",
    "HunyuanVideo15",
    "HunyuanVideo15_SR_Distilled",
    "Kandinsky5",
    "WAN21_T2V",
    "WAN21_I2V",
    "WAN21_FunControl2V",
    "WAN21_Vace",
    "WAN21_Camera",
    "WAN21_HuMo",
    "WAN21_SCAIL",
    "WAN21_SCAIL2",
    "WAN21_CausalAR_T2V",
    "WAN22_T2V",
    "WAN22_Camera",
    "WAN22_S2V",
    "WAN22_Animate",
    "WAN_Animate2",
    "WAN22_WanDancer",
]
NO_FLOW = [
    "LotusD",
    "Stable_Zero123",
    "SD15_instructpix2pix",
    "SD15",
    "SD20",
    "SD21UnclipL",
    "SD21UnclipH",
    "SDXL_instructpix2pix",
    "SDXLRefiner",
    "SDXL",
    "SSD1B",
    "KOALA_700M",
    "KOALA_1B",
    "Segmind_Vega",
    "SD_X4Upscaler",
    "Stable_Cascade_C",
    "Stable_Cascade_B",
    "SV3D_u",
    "SV3D_p",
    "StableAudio",
    "PixArtAlpha",
    "PixArtSigma",
    "HunyuanDiT",
    "HunyuanDiT1",
    "CosmosT2V",
    "CosmosI2V",
    "CosmosT2IPredict2",
    "CosmosI2VPredict2",
    "WAN21_FlowRVS",
    "CogVideoX_Inpaint",
    "CogVideoX_I2V",
    "CogVideoX_T2V",
    "SVD_img2vid",
]
IMAGES = [
    "SD3",
    "AuraFlow",
    "FluxInpaint",
    "Flux",
    "LongCatImage",
    "FluxSchnell",
    "ZImagePixelSpace",
    "ZImage",
    "PiD",
    "PixelDiTT2I",
    "Lumina2",
    "HiDream",
    "HiDreamO1",
    "Chroma",
    "ChromaRadiance",
    "Omnigen2",
    "Boogu",
    "MageFlow",
    "Ideogram4",
    "Flux2",
    "Lens",
    "Kandinsky5Image",
    "ErnieImage",
    "HunyuanImage21",
    "QwenImage",
    "JoyImage",
    "Krea2",
    "Anima",
    "HunyuanImage21Refiner",
    "SeedVR2",
]
OTHERS = [
    "StableAudio3",
    "ACEStep",
    "ACEStep15",
    "MiniMaxMusic3",
    "Hunyuan3Dv2mini",
    "Hunyuan3Dv2",
    "Hunyuan3Dv2_1",
    "TripoSplat",
    "Trellis2",
    "RT_DETR_v4",
    "SAM3",
    "SAM31",
    "DepthAnything3",
]

NAMED_AS = {  # the host's class of the MODEL, where it has another name
    "FluxInpaint": ["Flux"],
    "FluxSchnell": ["Flux"],
    "ZImage": ["Lumina2"],
    "Hunyuan3Dv2mini": ["Hunyuan3Dv2"],
    "SAM31": ["SAM3"],
}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "model_classes", tmp_path_factory.mktemp("classes"))


def test_every_class_of_the_host_is_known_here(report):
    assert set(report) - {"control"} == {*VIDEO, *NO_FLOW, *IMAGES, *OTHERS}


@pytest.mark.parametrize("name", VIDEO)
def test_a_class_of_videos_passes(report, name):
    assert report[name] == ""


@pytest.mark.parametrize("name", [*IMAGES, *OTHERS])
def test_a_class_of_images_or_of_something_else_is_refused_by_name(report, name):
    assert report[name].startswith("got a MODEL that makes no videos (")
    assert any(part in report[name] for part in (name, *NAMED_AS.get(name, ())))


@pytest.mark.parametrize("name", NO_FLOW)
def test_a_class_that_is_no_flow_from_noise_is_refused_by_name(report, name):
    assert "is not a flow model from noise to video" in report[name]


def test_a_model_that_follows_a_control_video_is_told_apart_from_one_that_goes_on_from_an_image(report):
    assert report["control"] == {"wan_2_1_image": [True, False], "wan_fun_control": [True, True]}
