"""Sora Connect Videos: both ends are known, and all between them is invented."""

from __future__ import annotations

import pytest
import torch

from node_runs import clip, encoded, levels, run


def test_between_two_clips_all_is_invented(nodes, vae, said):
    latent, _ = run(
        nodes["SoraConnectVideos"], first=clip(10), second=clip(11, 50, 70), vae=vae, seconds=1.0, size=32, fps=8.0
    )
    assert levels(latent) == [0, 0, 0, 1, 1, 0, 0]
    torch.testing.assert_close(latent["samples"][:, :, :3], encoded(vae, clip(10)[1:]))
    assert "second: 70x50, 11 frames at 8 fps, used as 32x32" in said[-1]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"first": clip(5), "second": clip(3), "seconds": 1.0}, "3 frames at 8 fps to end with"),
        ({"first": clip(5), "second": clip(5), "seconds": 0.0}, "expected more than 0"),
    ],
)
def test_what_cannot_be_connected_is_refused_with_a_reason(nodes, vae, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraConnectVideos"], **inputs, vae=vae, size=32, fps=8.0)
