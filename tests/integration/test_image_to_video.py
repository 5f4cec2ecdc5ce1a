"""Our MODEL of image-to-video checkpoints gives what the host's own class gives (image_to_video.py).

Tests nodes/comfy/model.py: what the host's conditioning becomes in our transformer.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

KINDS = ["wan_2_1_image", "wan_2_1_first_last", "wan_2_2_image"]
ROUNDING = 5e-5  # of the spread of the latents, after four steps in float32


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "image_to_video", tmp_path_factory.mktemp("images"))


@pytest.mark.parametrize("kind", KINDS)
def test_core_nodes_for_images_condition_our_model_as_the_host_s(report, kind):
    found = report[kind]
    assert found["core"] < ROUNDING
    assert found["our_vae"] < ROUNDING
    assert found["another_image"] > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_sora_sampler_takes_their_conditioning_with_either_model(report, kind):
    assert report[kind]["sora_sampler"] < ROUNDING
    assert report[kind]["sora_sampler_on_theirs"] < ROUNDING


def test_a_conditioning_that_does_not_fit_is_refused_with_what_to_do(report):
    said = report["refusals"]
    assert "connect CLIP Vision Encode to Wan Image To Video" in said["no_image"]
    assert "on the canvas with Sora Animate Image" in said["windows"]
    assert "time_dim_concat" in said["phantom"]
