"""Sora Loop Video: the canvas ends with the clip's own beginning."""

from __future__ import annotations

import pytest
import torch

from node_runs import clip, encoded, levels, run


def test_a_loop_ends_with_its_beginning(nodes, vae):
    latent, _, frames, *overlaps = run(nodes["SoraLoopVideo"], source=clip(17), vae=vae, seconds=1.0, size=32, fps=8.0)
    assert levels(latent) == [0, 0, 0, 0, 0, 1, 1, 0, 0]
    assert (frames, overlaps) == (17 + 8, [0, 0])


def test_of_a_long_clip_the_end_and_the_beginning_are_encoded_and_the_film_becomes_a_loop(nodes, vae, said):
    source = clip(70)
    inputs = {"source": source, "vae": vae, "seconds": 1.0, "size": 32, "fps": 8.0}
    latent, fps, frames, overlap, last_overlap = run(nodes["SoraLoopVideo"], **inputs)
    assert (frames, overlap, last_overlap) == (0, 25, 8)
    torch.testing.assert_close(latent["samples"][:, :, :7], encoded(vae, source[-25:]))
    assert said[-1] == "Only its ends are here: Sora Join Videos closes the loop"
    (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=fps, frames=frames)
    join = {"first": source, "second": made, "overlap": overlap, "last_overlap": last_overlap}
    _, images = run(nodes["SoraJoinVideos"], **join)
    assert len(images) == 70 + 8
    assert torch.equal(images[: 70 - 25 - 8], source[8 : 70 - 25])


def test_a_clip_that_is_too_short_to_come_back_to_is_refused(nodes, vae):
    with pytest.raises(ValueError, match="1 frame at 8 fps to end with"):
        run(nodes["SoraLoopVideo"], source=clip(1), vae=vae, seconds=1.0, size=32, fps=8.0)
