"""A model as diffusers publishes it, put into a folder of ComfyUI's models: Sora Load Model offers it, and it runs."""

from __future__ import annotations

import shutil

import pytest

from integration.test_comfyui import frames_of, headless_run
from wan_folders import wan_pipeline

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture
def published(comfy):
    """A Wan of diffusers beside the tiny model."""
    folder = comfy.base / "models" / "diffusion_models" / "published" / "wan"
    wan_pipeline().save_pretrained(folder)
    yield "published/wan"
    shutil.rmtree(folder.parent)


def test_a_folder_of_diffusers_is_offered_and_gives_the_frames_of_headless(
    comfy, workflow, published, installation, tmp_path
):
    asked = comfy.get("/object_info/SoraLoadModel")["SoraLoadModel"]["input"]["required"]["model"]
    assert published in str(asked)
    workflow["1"]["inputs"]["model"] = published
    workflow["4"]["inputs"]["size"] = 32
    (video,) = comfy.saved_files(comfy.run(workflow))
    workflow["1"]["inputs"]["model"] = "wan"
    models = comfy.base / "models" / "diffusion_models" / "published"
    ours = headless_run(workflow, models, tmp_path / "out", installation.python)
    got, expected = frames_of(video).float(), frames_of(ours).float()
    assert got.shape == expected.shape == (17, 32, 32, 3)
    assert (got - expected).abs().mean() < 0.5
    assert got.std() > 1
