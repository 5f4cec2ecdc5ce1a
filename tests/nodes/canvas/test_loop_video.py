"""Sora Loop Video: the canvas ends with the clip's own beginning."""

from __future__ import annotations

import pytest

from node_runs import clip, levels, run


def test_a_loop_ends_with_its_beginning(nodes, vae):
    latent, _, frames = run(nodes["SoraLoopVideo"], source=clip(17), vae=vae, seconds=1.0, size=32, fps=8.0)
    assert levels(latent) == [0, 0, 0, 0, 0, 1, 1, 0, 0]
    assert frames == 17 + 8


def test_a_clip_that_is_too_short_to_come_back_to_is_refused(nodes, vae):
    with pytest.raises(ValueError, match="1 frame at 8 fps to end with"):
        run(nodes["SoraLoopVideo"], source=clip(1), vae=vae, seconds=1.0, size=32, fps=8.0)
