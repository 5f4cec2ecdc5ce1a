"""Prompts as CONDITIONING: one names what it needs, those of stretches lie within their canvas."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack
from node_runs import run

prompts = import_from_pack("nodes.io.encoded_prompts")
Stretch = import_from_pack("sora_core.canvas.stretches").Stretch
GRID = import_from_pack("sora_core.canvas.time_grid").CausalGrid(4)


def test_one_prompt_is_that_of_sora_encode_text(nodes, loaded):
    ((expected, _),) = run(nodes["SoraEncodeText"], clip=loaded[1], text="a red circle")[0]
    ((made, _),) = prompts.encoded(nodes["SoraEncodeText"], loaded[1], "a red circle")
    assert made.equal(expected)
    with pytest.raises(ValueError, match="got no CLIP: connect the clip output of Sora Load Model"):
        prompts.encoded(nodes["SoraEncodeText"], None, "a red circle")


def test_stretches_are_shared_among_latent_frames_and_must_begin_on_the_canvas(nodes, loaded):
    given = [Stretch(0.0, "a red circle"), Stretch(1.125, "a blue circle")]
    node = nodes["SoraTimedPrompts"]
    ((_, more),) = prompts.encoded_stretches(node, loaded[1], given, GRID, frames=17, fps=8.0)
    assert more["sora_timed_prompts"].shares.tolist() == [[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]
    with pytest.raises(ValueError, match=r"got a prompt from 1.125 s on, expected times within the canvas"):
        prompts.encoded_stretches(node, loaded[1], given, GRID, frames=9, fps=8.0)
