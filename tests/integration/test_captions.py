"""Sora Caption Video and Sora Caption Folder in a real ComfyUI, with a captioner that was taught two captions.

Tests nodes/text/caption_video.py, nodes/text/caption_folder.py and the captioner of nodes/comfy/host.py.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from integration.comfy_server import PACK, ComfyServer
from media_folder import add_video
from tiny_captioner import BLACK, SIDE, WHITE, save_captioned_model

pytestmark = [pytest.mark.live, pytest.mark.slow]

MODEL, FOLDER = "captioned", "my_clips"
SERVER = {"family": "nano", "server_url": "", "server_model": ""}


@pytest.fixture(scope="module", autouse=True)
def captioned(comfy: ComfyServer) -> Iterator[None]:
    """A model with a captioner beside the tiny one."""
    folder = comfy.base / "models" / "diffusion_models" / MODEL
    folder.mkdir()
    save_captioned_model(folder, BLACK, WHITE)
    yield
    shutil.rmtree(folder)


@pytest.fixture
def clips(comfy: ComfyServer) -> Iterator[str]:
    """A folder in the host's input folder: a dark clip, a light one, and a file that is no video."""
    folder = comfy.base / "input" / FOLDER
    add_video(folder / "dark.mp4", 0, frames=17, side=SIDE)
    add_video(folder / "light.mp4", 255, frames=17, side=SIDE)
    (folder / "broken.mp4").write_bytes(b"no video")
    yield FOLDER
    shutil.rmtree(folder)


def shown(comfy: ComfyServer, node: str, output: int, **inputs: object) -> str:
    """Run a node, with the sample clip as ["1", 0] if it wants one; what PreviewAny shows of an output."""
    graph = {
        "1": {"class_type": "SoraSampleClip", "inputs": {"clip": "circle_right"}},
        "2": {"class_type": node, "inputs": inputs},
        "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", output]}},
    }
    (text,) = comfy.run(graph)["outputs"]["3"]["text"]
    return text


def folder_report(comfy: ComfyServer, clips: str, **more: object) -> list[str]:
    inputs = {"folder": clips, "words": "ohwx, {caption}", "recursive": False, "overwrite": False, **SERVER}
    text = shown(comfy, "SoraCaptionFolder", 0, **{"table": "captions.jsonl", "model": MODEL, **inputs, **more})
    return text.splitlines()


def test_a_sample_is_described_and_its_facts_are_listed(comfy: ComfyServer) -> None:
    inputs = {"source": ["1", 0], "seed": 1, "fps": 8.0, "model": MODEL, **SERVER}
    text = shown(comfy, "SoraCaptionVideo", 0, **inputs)
    assert text in (BLACK, WHITE)
    facts = shown(comfy, "SoraCaptionVideo", 1, **inputs)
    colour = "red" if text == BLACK else "blue"
    assert f"colour of object 1: {colour}" in facts.splitlines()


def test_a_folder_gets_a_text_beside_each_clip_and_the_broken_one_is_told(comfy: ComfyServer, clips: str) -> None:
    folder = comfy.base / "input" / clips
    *failures, counts = folder_report(comfy, clips)
    assert (folder / "dark.txt").read_text().strip() == f"ohwx, {BLACK}"
    assert (folder / "light.txt").read_text().strip() == f"ohwx, {WHITE}"
    assert not (folder / "broken.txt").exists()
    assert len(failures) == 1
    assert "broken.mp4" in failures[0]
    assert "2" in counts
    table = [json.loads(line) for line in (folder / "captions.jsonl").read_text().splitlines()]
    assert len(table) == 2


def test_captions_that_are_there_are_kept_unless_told(comfy: ComfyServer, clips: str) -> None:
    text = comfy.base / "input" / clips / "dark.txt"
    text.write_text("mine\n")
    folder_report(comfy, clips, table="none")
    assert text.read_text() == "mine\n"
    folder_report(comfy, clips, table="none", overwrite=True)
    assert text.read_text().strip() == f"ohwx, {BLACK}"


def test_a_model_without_a_captioner_is_told_in_one_line(comfy: ComfyServer, clips: str) -> None:
    graph = {
        "1": {
            "class_type": "SoraCaptionFolder",
            "inputs": {
                "folder": clips,
                "words": "",
                "recursive": False,
                "overwrite": False,
                "table": "none",
                "model": "tiny",
                **SERVER,
            },
        }
    }
    entry = comfy.finish(comfy.queue(graph))
    assert entry["status"]["status_str"] == "error"
    assert "tiny has no captioner yet" in json.dumps(entry["status"])


def test_the_shipped_graph_captions_the_clips_that_the_pack_has_put_there(comfy: ComfyServer) -> None:
    """By the captioner in this repository; what is there already stays."""
    graph, folder = json.loads((PACK / "workflows" / "api" / "caption_folder.json").read_text()), "sora_clips"
    (text,) = comfy.run(graph)["outputs"]["2"]["text"]
    assert text.splitlines()[-1] == "3 captions written, 0 kept, 0 files failed"
    told = {path.stem: path.read_text() for path in (comfy.base / "input" / folder).glob("*.txt")}
    assert told.keys() == {"circle_right", "square_up", "triangle_left"}
    assert all(name.split("_")[0] in caption and name.split("_")[1] in caption for name, caption in told.items())
