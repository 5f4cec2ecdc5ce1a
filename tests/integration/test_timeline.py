"""Sora Timeline in a real ComfyUI: growing inputs by API, text and JSON, refusals before the run, as in headless."""

from __future__ import annotations

import json

import pytest

from integration.test_comfyui import frames_of, headless_run
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
