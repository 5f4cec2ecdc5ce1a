"""In a real ComfyUI: what is refused before sampling, notices after the run, batches, and graphs of former times.

Tests nodes/comfy/checked_graph.py.
"""

from __future__ import annotations

import copy
import json
import shutil

import pytest
import torch

from integration.comfy_server import PACK, ComfyServer
from sora_core.video.video_io import read_frames

pytestmark = [pytest.mark.live, pytest.mark.slow]


def error_of(comfy: ComfyServer, graph) -> str:
    """What the node says at which a graph ends."""
    status = comfy.finish(comfy.queue(graph))["status"]
    (found,) = (entry for kind, entry in status["messages"] if kind == "execution_error")
    return f"{found['node_type']}: {found['exception_message'].strip()}"


def test_notices_are_in_the_outputs_of_their_node_where_it_need_not_run_again_too(comfy, workflow):
    workflow["4"]["inputs"]["size"] = 80
    (grid,) = (node_id for node_id, node in workflow.items() if node["class_type"] == "SoraVideoGrid")
    for seed in (3, 4):
        workflow["5"]["inputs"]["seed"] = seed
        outputs = comfy.run(workflow)["outputs"]
        assert outputs[grid]["sora_notices"] == ["80x80, 17 frames at 8 fps", "16 frames are rounded to 17"]


def test_a_batch_without_a_negative_and_a_rate_is_as_many_videos(comfy, workflow):
    workflow["4"]["inputs"]["batch_size"] = 2
    workflow["6"]["inputs"]["fps"] = 0
    del workflow["5"]["inputs"]["negative"]
    one, other = comfy.saved_files(comfy.run(workflow))
    assert one.read_bytes() != other.read_bytes()


def test_a_graph_with_the_former_name_of_an_input_gives_the_same_video(comfy, workflow):
    former = copy.deepcopy(workflow)
    workflow["6"]["inputs"]["loop_frames"] = 12
    del former["6"]["inputs"]["loop_frames"]
    former["6"]["inputs"]["frames"] = 12
    (now,), (before,) = (comfy.saved_files(comfy.run(graph)) for graph in (workflow, former))
    shown, formerly = (list(read_frames(path)) for path in (now, before))  # the files hold their graphs too
    assert len(shown) == len(formerly) == 12
    assert all(map(torch.equal, shown, formerly))


def test_what_the_decoder_would_refuse_is_refused_by_the_sampler(comfy, workflow):
    workflow["6"]["inputs"]["loop_frames"] = 3
    workflow["5"]["inputs"]["seed"] = 31  # not sampled yet: what is in the host's cache is not sampled again
    assert error_of(comfy, workflow).startswith("SoraSampler: got loop_frames 3 of 17, expected at least half of them")


def test_times_that_generate_nothing_never_run(comfy, workflow):
    graph = copy.deepcopy(workflow)
    source = {"class_type": "SoraSampleClip", "inputs": {"clip": "circle_right"}}
    settings = {"source": ["40", 0], "vae": ["1", 2], "before": 0, "after": 0, "size": 64, "fps": 8}
    graph |= {"40": source, "41": {"class_type": "SoraExtendVideo", "inputs": settings}}
    graph["5"]["inputs"]["latent"] = ["41", 0]
    refused = comfy.post("/prompt", {"prompt": graph, "client_id": "test"})["node_errors"]["41"]["errors"]
    assert [error["details"].rpartition(" - ")[2] for error in refused] == [
        "before and after are both 0 s: set one of them to the seconds to generate"
    ] * len(refused)


@pytest.mark.parametrize("loader", ["SoraSampleClip", "LoadVideo"])
def test_outpainting_a_file_to_its_own_form_is_refused_before_the_run(comfy, loader):
    """ComfyUI shows a node only its constants while it checks a graph; the links are seen all the same."""
    shutil.copy(PACK / "web" / "samples" / "circle_right.mp4", comfy.base / "input" / "own_form.mp4")
    graph = json.loads((PACK / "workflows" / "api" / "outpaint_video.json").read_text())
    graph["1"]["inputs"]["model"] = "tiny"
    if loader == "LoadVideo":
        graph["8"] = {"class_type": "LoadVideo", "inputs": {"file": "own_form.mp4"}}
    graph["4"]["inputs"]["aspect_ratio"] = "1:1"
    refused = comfy.post("/prompt", {"prompt": graph, "client_id": "test"})["node_errors"]["4"]["errors"]
    assert "a source of 64x64, which fills 1:1 already: choose another aspect ratio" in refused[0]["details"]
