"""Sora Morph Videos: kept at both ends, freest in the middle, and as long as the shorter clip."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, encoded, levels, run


def test_a_morph_is_kept_at_its_ends_and_freest_in_the_middle(nodes, vae, said):
    latent, fps = run(
        nodes["SoraMorphVideos"], first=clip(19), second=clip(18, 50, 70), vae=vae, strength=0.8, size=32, fps=8.0
    )
    assert levels(latent) == pytest.approx([0, 0.8 * 0.5**0.5, 0.8, 0.8 * 0.5**0.5, 0])
    assert levels(latent)[0] == levels(latent)[-1] == 0
    start = encoded(vae, clip(19)[:17])
    torch.testing.assert_close(latent["samples"][:, :, :1], start[:, :, :1])
    end = encoded(
        vae,
        import_from_pack("sora_core.video.source_clip")
        .cover(clip(18, 50, 70).movedim(-1, 1), 32, 32)
        .movedim(1, -1)[:17],
    )
    torch.testing.assert_close(latent["samples"][:, :, -1:], end[:, :, -1:])
    torch.testing.assert_close(latent["samples"][:, :, 2], (start[:, :, 2] + end[:, :, 2]) / 2)
    assert fps == 8.0
    assert said == [
        "first: 19 frames at 8 fps used as 17 at 8",
        "second: 70x50 used as 32x32",
        "second: 18 frames at 8 fps used as 17 at 8",
    ]


def test_a_morph_has_the_length_of_the_shorter_clip(nodes, vae, said):
    latent, _ = run(nodes["SoraMorphVideos"], first=clip(9), second=clip(20), vae=vae, strength=0.5, size=32, fps=8.0)
    assert levels(latent) == pytest.approx([0, 0.5, 0])
    assert said[-1] == "second: 20 frames at 8 fps used as 9 at 8"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"first": clip(8), "second": clip(17), "strength": 0.5},
            "got 8 frames of the first and 17 of the second at 8 fps, expected at least 9 of each",
        ),
        ({"first": clip(9), "second": clip(9), "strength": -0.5}, "strength must lie in 0..1, got -0.5"),
    ],
)
def test_what_cannot_be_morphed_is_refused_with_a_reason(nodes, vae, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraMorphVideos"], **inputs, vae=vae, size=32, fps=8.0)
