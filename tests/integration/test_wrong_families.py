"""Parts that do not belong together are refused in words that name both (wrong_families.py).

Tests nodes/comfy/kinds.py, nodes/comfy/belonging.py and nodes/comfy/loras.py: which MODEL, VAE, CLIP and LoRA are not
taken, and why.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

SAID = {  # in this order
    "vae_of_another_model": ("got latents of 16 channels", "(WAN22) takes 48", "connect its VAE"),
    "vae_of_another_model_too": ("got latents of 48 channels", "(WAN21) takes 16", "connect its VAE"),
    "noise_predictor": ("got a latent of shape (1, 4, 8, 8)", "expected a video latent"),
    "noise_predictor_on_video": ("got a MODEL (SDXL)", "not a flow model", "expected one (Wan"),
    "flow_of_images": ("got a MODEL that makes no videos (Flux)", "expected one that does"),
    "flow_backwards": ("got a MODEL (WAN21_FlowRVS)", "from noise to video"),
    "image_latent": ("got a latent of shape (1, 4, 8, 8)", "expected a video latent"),
    "video_and_audio": ("got a latent of frames and sound", "(WAN21) makes frames alone", "Separate AV Latent"),
    "text_of_another_model": ("got a conditioning of width 768", "(WAN21) takes 4096", "connect its CLIP"),
    "decode_small": ("got latents of 16 channels", "(WanVAE) takes 48", "connect the VAE of the MODEL"),
    "decode_small_to_video": (
        "got latents of 16 channels",
        "(WanVAE) takes 48",
        "connect the VAE of the MODEL",
    ),
    "decode_large": ("got latents of 48 channels", "(WanVAE) takes 16", "connect the VAE of the MODEL"),
    "decode_large_to_video": (
        "got latents of 48 channels",
        "(WanVAE) takes 16",
        "connect the VAE of the MODEL",
    ),
    "vae_of_as_many_channels": ("made with the VAE of HunyuanVideo", "(WAN21) takes latents of Wan 2.1", "its VAE"),
    "vae_of_nano": ("made with the VAE of a model of this pack", "(WAN21) takes latents of Wan 2.1", "its VAE"),
    "decode_of_as_many_channels": ("made with the VAE of HunyuanVideo", "this VAE (WanVAE) is that of Wan 2.1"),
    "decode_of_nano": ("made with the VAE of a model of this pack", "this VAE (WanVAE) is that of Wan 2.1"),
    "keyframe": ("made with the VAE of HunyuanVideo", "this VAE (WanVAE) is that of Wan 2.1"),
    "extension": ("made with the VAE of HunyuanVideo", "this VAE (WanVAE) is that of Wan 2.1"),
    "clip_of_hunyuan_on_wan": ("a CLIP of another model (HunyuanVideoTokenizer)", "(WAN21) takes that of wan", "type"),
    "clip_of_wan_on_hunyuan": (
        "a CLIP of another model (WanT5Tokenizer)",
        "(HunyuanVideo) takes that of",
    ),
    "text_of_another_width_for_hunyuan": ("got a conditioning of width 48", "(HunyuanVideo) takes 32", "its CLIP"),
    "text_of_another_width_for_mochi": ("got a conditioning of width 48", "(GenmoMochi) takes 32", "its CLIP"),
    "lora_of_other_layers": ("got the LoRA lora_of_other_layers.safetensors", "(WAN21)", "of whose 3 weights none is"),
    "lora_of_other_sizes": ("got the LoRA lora_of_other_sizes.safetensors", "(WAN21)", "layers have other sizes"),
    "grid_of_images": ("got an image VAE (TAESD, 4 channels)", "expected a video VAE"),
    "ability_of_images": ("got an image VAE (TAESD, 4 channels)", "expected a video VAE"),
    "decode_as_images": ("got an image VAE (TAESD, 4 channels)", "expected a video VAE"),
}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "wrong_families", tmp_path_factory.mktemp("wrong"))


def test_every_refusal_is_looked_at(report):
    assert set(report) == {*SAID, "lora_that_fits", "left_behind"}


@pytest.mark.parametrize("case", SAID)
def test_both_sides_are_named(report, case):
    rest = report[case]
    for part in SAID[case]:
        assert part in rest
        rest = rest.partition(part)[2]


def test_a_lora_that_fits_is_taken(report):
    assert report["lora_that_fits"] == ""


def test_nothing_is_left_behind(report):
    assert report["left_behind"] == []
