"""Sora Timeline in a real ComfyUI: growing inputs by API, text and JSON, refusals before the run, as in headless."""

from __future__ import annotations

import json

import pytest
import torch

from headless.pack import PACK_ROOT
from integration.test_comfyui import frames_of, headless_run
from sora_core.video.file_frames import FileFrames
from timeline_graph import JSON, TEXT, timeline_graph

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.mark.parametrize("timeline", [TEXT, JSON], ids=["text", "json"])
def test_a_timeline_gives_the_film_that_headless_gives(comfy, workflow, tmp_path, installation, timeline):
    graph = timeline_graph(workflow, timeline)
    (video,) = comfy.saved_files(comfy.run(graph))
    models = comfy.base / "models" / "diffusion_models"
    ours = headless_run(graph, models, tmp_path / "out", installation.python)
    got, expected = frames_of(video), frames_of(ours)
    assert got.shape == expected.shape == (41, 64, 64, 3)
    assert (got.float() - expected.float()).abs().mean() < 1.5  # each host decodes the frame of clip2 as it does


def test_a_timeline_without_clips_runs_and_a_loop_is_cut_to_one_pass(comfy, workflow):
    graph = timeline_graph(workflow, "length 1\n0: a red circle")
    for name in ("clips.clip1", "clips.clip2", "masks.mask1"):
        del graph["4"]["inputs"][name]
    (video,) = comfy.saved_files(comfy.run(graph))
    assert len(frames_of(video)) == 9
    graph = timeline_graph(workflow, "length 2\n0-1 = clip1\n0: a red circle", loop=True)
    del graph["4"]["inputs"]["masks.mask1"]
    (video,) = comfy.saved_files(comfy.run(graph))
    assert len(frames_of(video)) == 17


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"timeline": JSON.replace('"version": 1', '"version": 2')},
            "timeline of version 2: this pack reads version 1",
        ),
        ({"timeline": TEXT.replace("clip2", "clip3")}, "clip3 (2.5 s) is on the timeline but not connected"),
        ({"timeline": TEXT.replace("4-5 =", "0.5-2 =")}, "overlaps clip1 (0 to 1 s)"),
        ({"fps": 500.0}, "fps is 500, expected 1 to 120"),
    ],
)
def test_what_is_wrong_is_refused_when_it_is_queued(comfy, workflow, changed, message):
    answer = comfy.post(
        "/prompt", {"prompt": timeline_graph(workflow, **{"timeline": TEXT, **changed}), "client_id": "test"}
    )
    assert message in json.dumps(answer["node_errors"]["4"])


def test_positive_without_a_text_encoder_says_what_to_connect(comfy, workflow):
    graph = timeline_graph(workflow, TEXT)
    del graph["4"]["inputs"]["clip"]
    entry = comfy.finish(comfy.queue(graph))
    assert "positive is connected, which needs a text encoder" in json.dumps(entry["status"])


def test_what_a_timeline_keeps_comes_back_from_paste_back_bit_for_bit(comfy, workflow):
    """A clip of 25 fps in the middle of the timeline, and a small one after it, which is fitted to it."""
    graph = timeline_graph(workflow, "length 3\n0.5-1.625 = clip1\n2.125-3 = clip2\n0: a red circle", size=32)
    graph["4"]["inputs"] |= {"clips.clip1": ["9", 0], "clips.clip2": ["8", 0]}
    del graph["4"]["inputs"]["masks.mask1"], graph["10"], graph["11"]
    graph["5"]["inputs"]["steps"] = 1
    graph["9"] = {"class_type": "SoraSampleClip", "inputs": {"clip": "big_buck_bunny"}}
    settings = {"start": 0.0, "feather": 0, "match_colours": True, "fps": 8.0}
    graph["12"] = {
        "class_type": "SoraPasteBack",
        "inputs": {"source": ["4", 0], "made": ["6", 0], **settings},
    }
    graph["7"] = {"class_type": "SaveImage", "inputs": {"images": ["12", 1], "filename_prefix": "kept"}}
    entry = comfy.run(graph)
    shown = torch.cat([frames_of(path) for path in comfy.saved_files(entry)])
    file = FileFrames(PACK_ROOT / "web" / "samples" / "big_buck_bunny.mp4")
    own = (torch.stack([*file.stream([*range(30)])]) * 255).byte()  # cut off, as Save Image does it
    assert tuple(shown.shape) == (78, *own.shape[1:])
    assert torch.equal(shown[16:41], own[4:29])  # in latent frames 2 and 3 of the canvas
    assert any("Paste Back fits all clips to" in line for line in entry["outputs"]["4"]["sora_notices"])
    graph["4"]["inputs"]["timeline"] = "length 3\n0.5-1.625 = clip1 level 0.5\n0: a red circle"
    entry = comfy.finish(comfy.queue(graph))
    assert "goes to Sora Paste Back, but no clip on the timeline is kept" in json.dumps(entry["status"])
