"""A shared graph with Sora Resample in it, as a server runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from headless.pack import PACK_ROOT
from sora_core.video.video_io import read_frames


@pytest.fixture
def inpainting():
    """The shipped inpainting graph on the tiny model, with Sora Resample before the sampler as node 50."""
    graph = json.loads((PACK_ROOT / "workflows" / "api" / "inpaint_video.json").read_text())
    graph["1"]["inputs"]["model"] = "tiny"
    graph["5"]["inputs"].update(steps=4, model=["50", 0])
    graph["50"] = {"class_type": "SoraResample", "inputs": {"model": ["1", 0], "jumps": 0}}
    return graph


@pytest.mark.slow
def test_jumps_of_a_graph_change_the_video_and_a_seed_still_gives_one(command, inpainting, capsys):
    for jumps in (0, 2, 2):
        assert command(inpainting, "--set", f"50.jumps={jumps}") == 0
    captured = capsys.readouterr()
    off, on, again = (torch.stack(list(read_frames(Path(line)))) for line in captured.out.split())
    assert torch.equal(on, again)
    assert not torch.equal(on, off)
    assert "Sora Resample does nothing" not in captured.err


@pytest.mark.parametrize("jumps", ["-1", "11", "1.5"])
def test_jumps_out_of_range_are_refused_before_anything_runs(command, inpainting, capsys, jumps):
    assert command(inpainting, "--set", f"50.jumps={jumps}") == 2
    assert "50" in capsys.readouterr().err
