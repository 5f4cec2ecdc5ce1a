"""What our nodes ask of ComfyUI for a MODEL, say of it, and leave behind (native_jobs.py).

Tests nodes/comfy/host.py: what the protocol of the nodes asks for, and nodes/comfy/sampling.py.
"""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from integration import programs
from sora_core.models.wan.dit import DiTConfig
from tiny import save_taught_model
from wan_folders import reference_vae, wan_pipeline
from wan_reference import reference_for

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 5e-5  # of the spread of the latents, after four steps in float32
IMAGE_DIT = DiTConfig(36, 16, 128, 160, 1, 2, 32, 32)
GONE, TOLD = [True, True], "This MODEL needs an image: connect Wan Image To Video."


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("jobs")
    models = root / "models" / "diffusion_models"
    wan_pipeline().save_pretrained(models / "misfit")
    shutil.copytree(models / "misfit", models / "image")
    shutil.rmtree(models / "misfit" / "vae")
    reference_vae(48).save_pretrained(models / "misfit" / "vae")
    shutil.rmtree(models / "image" / "transformer")
    reference_for(IMAGE_DIT).save_pretrained(models / "image" / "transformer")
    (models / "taught").mkdir()
    save_taught_model(models / "taught")
    return programs.report(installation, "native_jobs", root)


@pytest.mark.parametrize("sampler", ["none", "SoraSampler", "KSampler"])
def test_two_experts_are_let_go_when_nobody_has_them(report, sampler):
    assert report["lifetimes"][sampler] == GONE


def test_memory_is_set_aside_for_the_frames_of_a_window(report):
    asked = report["memory"]["wan_2_2"]
    assert asked == {"none": [9], "SoraWindows": [3], "SoraRollingWindow": [4]}


@pytest.mark.parametrize("model", ["wan_2_2_image", "ours"])
def test_an_image_to_video_model_without_an_image_is_told_and_takes_no_windows(report, model):
    found = report["concat"][model]
    assert found["facts"] == ["concat_latent_image", True]
    assert found["said"][0].startswith(TOLD)
    assert "from its conditioning (concat_latent_image), which does not work in 2 windows" in found["windows"]
    assert found["finite"]


def test_vace_needs_no_frames_and_takes_none_in_windows(report):
    found = report["concat"]["vace"]
    assert found["facts"] == ["vace_frames", False]
    assert found["said"] == []
    assert "from its conditioning (vace_frames), which does not work in 2 windows" in found["windows"]
    assert found["windows without"]
    assert found["finite"]


@pytest.mark.parametrize("model", ["wan_2_1", "ours for text"])
def test_a_text_to_video_model_takes_no_frames(report, model):
    assert report["concat"][model]["facts"] is None
    assert report["concat"][model]["said"] == []


def test_a_clip_taken_out_of_a_batch_is_made_as_it_was_there_and_as_ksampler_makes_it(report):
    found = report["places"]
    assert max(found["batch"], found["core"]) < ROUNDING
    assert found["first"] > 0.1


def test_the_mask_of_ltxv_img_to_video_is_taken(report):
    found = report["masks"]
    assert found["shape"] == [1, 1, 3, 1, 1]
    assert found["apart"] == 0
    assert found["known"] < ROUNDING


@pytest.mark.parametrize("family", ["wan_2_1", "wan_2_2"])
def test_published_latents_have_the_host_s_colours_without_fitting(report, family):
    assert report["colours"][family] == 0
    assert report["colours"][f"{family} in core"] < 1e-6


def test_other_latents_are_fitted_for_the_host_and_decoded_in_our_previews(report):
    assert report["colours"]["fitted"] == 14  # to -1..1
    assert report["colours"]["previewer"] == "DecodingPreviewer"


def test_a_stream_runs_on_the_device_that_was_chosen_for_its_vae(report):
    assert report["device"] == ["cpu:0", "cpu:0", "cpu", "cpu"]


def test_a_folder_of_parts_of_two_families_is_refused_before_any_is_loaded(report):
    said = report["folders"]["refused"]
    assert "takes 16 latent channels, but the VAE" in said
    assert "misfit/transformer" in said
    assert said.split("but the VAE")[1].split()[0].endswith("misfit/vae/diffusion_pytorch_model.safetensors")


def test_a_folder_of_an_image_to_video_model_is_loaded(report):
    assert report["folders"]["image"] == ["concat_latent_image", True]


def test_what_is_far_from_the_training_of_a_model_is_told_once_each(report):
    assert [text for text in report["outside"]["said"] if not text.startswith("It knows")] == [
        "Not learnt: dragon.",
        "64x64 is far from 32x32, its training size.",
        "33 frames at once, trained on 17: use windows.",
    ]
    assert report["outside"]["foreign"]
