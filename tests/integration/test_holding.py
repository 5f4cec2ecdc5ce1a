"""Both ways of holding known parts in a real ComfyUI: per patch with our MODEL, by replacing with one of its own.

Tests nodes/comfy/sampling.py: jobs with known parts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from integration.comfy_server import PACK
from sora_core.video.video_io import read_frames

pytestmark = [pytest.mark.live, pytest.mark.slow]


def test_a_wan_of_the_host_holds_by_replacing_with_jumps_and_without(installation):
    program = Path(__file__).with_name("foreign_model.py")
    command = [str(installation.python), str(program), str(installation.path), str(PACK)]
    done = subprocess.run(command, cwd=installation.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["said"] == [[]] * 4
    assert report["steps"] == [4, 4 + 2 * 3]
    assert report["known_error"] < 1e-5
    assert report["off_is_plain"]
    assert report["repeats"]
    assert report["change"] > 0.01
    windows = report["windows"]
    assert windows["said"] == ["Sampled in 3 windows."]
    assert windows["most"] == 5
    assert windows["known_error"] < 1e-5
    assert windows["finite"]
    assert windows["progress"] == [1 / 12, 1, 12]


WISHES = {
    "SoraResample": {"jumps": 2},
    # of eleven scales from 1 to 3 ten agree to 0.02; at 1.5 a value falls beside a rounding, which the codec spreads
    "SoraHistoryGuidance": {"scale": 2.0, "above": 0.8},
}


@pytest.mark.parametrize("node", WISHES)
def test_our_model_holds_per_patch_with_the_frames_of_headless(comfy, tmp_path, node):
    settings = WISHES[node]
    graph = json.loads((PACK / "workflows" / "api" / "inpaint_video.json").read_text())
    graph["1"]["inputs"]["model"] = "tiny"
    graph["50"] = {"class_type": node, "inputs": {"model": ["1", 0], **settings}}
    graph["5"]["inputs"].update(model=["50", 0], steps=4)
    graph["7"]["inputs"]["video"] = ["6", 0]  # as it was decoded, not pasted back, which each host encodes as it does
    (video,) = comfy.saved_files(comfy.run(graph))

    path, models = tmp_path / "graph.json", comfy.base / "models" / "diffusion_models"
    path.write_text(json.dumps(graph))
    command = [sys.executable, "-m", "headless", str(path), "--models", str(models), "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=PACK, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    got, expected = (torch.stack(list(read_frames(file))) for file in (video, Path(done.stdout.strip())))
    assert (got.float() - expected.float()).abs().mean() < 0.5
