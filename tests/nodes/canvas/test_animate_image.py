"""Sora Animate Image: the picture is the first latent frame, whatever its size."""

from __future__ import annotations

import pytest
import torch

from node_runs import clip, encoded, levels, run


def test_an_image_is_the_first_latent_frame(nodes, vae, said):
    latent, fps = run(nodes["SoraAnimateImage"], image=clip(3), vae=vae, seconds=1.0, size=32, fps=8.0)
    assert levels(latent) == [0, 1, 1]
    torch.testing.assert_close(latent["samples"][:, :, :1], encoded(vae, clip(3)[:1]))
    assert fps == 8.0
    assert said[-1] == "32x32, 9 frames at 8 fps"


def test_an_image_of_any_size_is_scaled_and_the_user_is_told(nodes, vae, said):
    latent, _ = run(nodes["SoraAnimateImage"], image=clip(1, 100, 170), vae=vae, seconds=1.0, size=64, fps=8.0)
    assert latent["samples"].shape == (1, 4, 3, 6, 10)
    assert said[-1] == "80x48, 9 frames at 8 fps"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"image": clip(1), "seconds": 0.0}, "0 seconds at 8 fps, which is the image alone"),
        ({"image": torch.zeros(0, 8, 8, 3), "seconds": 1.0}, "not empty"),
    ],
)
def test_what_makes_no_video_of_an_image_is_refused_with_a_reason(nodes, vae, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraAnimateImage"], **inputs, vae=vae, size=32, fps=8.0)
