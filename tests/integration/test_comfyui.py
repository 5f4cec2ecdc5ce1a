"""The pack in a real ComfyUI: it loads cleanly, says what headless says, and gives the same frames."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from headless.pack import import_from_pack
from integration.comfy_server import PACK, PACK_NAME
from sora_core.video.video_io import read_frames

pytestmark = [pytest.mark.live, pytest.mark.slow]

OTHERS = ("text_to_video", "caption_folder")  # which tests of their own run
ABILITIES = sorted(path.stem for path in (PACK / "workflows" / "notes").glob("*.md") if path.stem not in OTHERS)
COMPLAINTS = re.compile(r"\[(WARNING|ERROR|CRITICAL)\]|Traceback|IMPORT FAILED", re.IGNORECASE)
KNOWN = ("User settings have been changed", "For multi-user setups", "OpenGL", "comfy_kitchen")


def complaints(log: str) -> list[str]:
    return [line for line in log.splitlines() if COMPLAINTS.search(line) and not any(known in line for known in KNOWN)]


def frames_of(path: Path) -> torch.Tensor:
    """[F H W 3]: of a video, or one of a picture."""
    if path.suffix == ".png":
        return torch.from_numpy(np.array(Image.open(path).convert("RGB")))[None]
    return torch.stack(list(read_frames(path)))


def headless_run(graph, models: Path, out: Path, python: Path | str = sys.executable) -> Path:
    """One thread, as the ComfyUI beside it has: with two, oneDNN splits and rounds some sums otherwise."""
    out.mkdir(parents=True)
    path = out / "graph.json"
    path.write_text(json.dumps(graph))
    command = [str(python), "-m", "headless", str(path), "--models", str(models), "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=PACK, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def core_ksampler(steps: int):
    """The host's sampler in the place of ours, as node 5 of a shipped graph."""
    return {
        "class_type": "KSampler",
        "inputs": {
            "model": ["1", 0],
            "positive": ["3", 0],
            "negative": ["2", 0],
            "latent_image": ["4", 0],
            "seed": 7,
            "steps": steps,
            "cfg": 2.5,
            "sampler_name": "euler",
            "scheduler": "simple",
            "denoise": 1.0,
        },
    }


@pytest.fixture
def models(comfy):
    return comfy.base / "models" / "diffusion_models"


def test_the_pack_loads_without_a_complaint(comfy):
    assert f"custom_nodes/{PACK_NAME}" in comfy.log.replace("\\", "/")
    assert complaints(comfy.log.split("To see the GUI go to")[0]) == []  # what graphs are told comes later


def test_object_info_says_what_headless_says(comfy, models, tmp_path):
    host, headless_host = import_from_pack("nodes.host"), import_from_pack("headless.host").HeadlessHost
    terminal = import_from_pack("headless.terminal").Terminal()
    host.install(headless_host(model_roots=[models], temp=tmp_path, device="cpu", terminal=terminal))
    shown = comfy.get("/object_info")
    for node in import_from_pack("nodes").NODES:
        expected = json.loads(json.dumps(node.GET_NODE_INFO_V1()))
        got = shown[expected["name"]]
        assert got.pop("python_module") == f"custom_nodes.{PACK_NAME}"
        del expected["python_module"]
        assert got == expected


def test_core_nodes_of_headless_have_the_slots_of_the_real_ones(comfy):
    core, masks = import_from_pack("headless.core_nodes").CORE_NODES, import_from_pack("headless.core_masks").MASK_NODES
    for node in (*core, *masks):
        ours = node.GET_NODE_INFO_V1()
        real = comfy.get(f"/object_info/{ours['name']}")[ours["name"]]
        assert ours["output"] == real["output"]
        required = set(real["input"]["required"])
        assert required <= set(ours["input"]["required"])
        known = required | set(real["input"].get("optional", {}))
        assert {
            name.partition(".")[0] for kind in ("required", "optional") for name in ours["input"].get(kind, {})
        } <= known


def test_the_same_seed_gives_the_same_frames_as_headless(comfy, workflow, models, tmp_path):
    (video,) = comfy.saved_files(comfy.run(workflow))
    ours = headless_run(workflow, models, tmp_path / "out")
    got, expected = frames_of(video), frames_of(ours)
    assert got.shape == expected.shape == (17, 64, 64, 3)
    # Equal to the bit wherever two releases of torch round alike; where they do not, H.264 makes a level into several.
    assert (got.float() - expected.float()).abs().mean() < 0.1


def test_headless_on_the_interpreter_of_comfyui_gives_exactly_its_frames(
    comfy, workflow, models, tmp_path, installation
):
    workflow["5"]["inputs"]["seed"] = 11
    (video,) = comfy.saved_files(comfy.run(workflow))
    ours = headless_run(workflow, models, tmp_path / "out", installation.python)
    assert torch.equal(frames_of(video), frames_of(ours))


@pytest.mark.parametrize("name", ABILITIES)
def test_every_ability_gives_the_video_that_headless_gives(comfy, models, tmp_path, installation, name):
    """With the bundled model; frames that are held are encoded by each host as it does, others by our node."""
    graph = json.loads((PACK / "workflows" / "api" / f"{name}.json").read_text())
    graph["5"]["inputs"]["steps"] = 8
    before = len(comfy.log)
    (video,) = comfy.saved_files(comfy.run(graph))
    ours = headless_run(graph, models, tmp_path / "out", installation.python)
    got, expected = frames_of(video), frames_of(ours)
    assert got.shape == expected.shape
    encoded_by_host = any(node["class_type"] in ("SoraJoinVideos", "SoraPasteBack") for node in graph.values())
    assert (got.float() - expected.float()).abs().mean() < (1.5 if encoded_by_host else 0.5)
    assert complaints(comfy.log[before:]) == []


@pytest.mark.parametrize("name", ABILITIES)
def test_core_ksampler_takes_the_canvas_of_every_ability(comfy, name):
    graph = json.loads((PACK / "workflows" / "api" / f"{name}.json").read_text())
    graph["1"]["inputs"]["model"] = "tiny"
    positive = graph["5"]["inputs"]["positive"]  # of a timeline its own
    graph["5"] = core_ksampler(steps=3)
    graph["5"]["inputs"]["positive"] = positive
    before = len(comfy.log)
    (video,) = comfy.saved_files(comfy.run(graph))
    assert len(frames_of(video)) > 1
    assert complaints(comfy.log[before:]) == []


def test_core_ksampler_and_vae_decode_take_our_native_objects(comfy, workflow):
    workflow["5"] = core_ksampler(steps=4)
    workflow["6"] = {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}}
    workflow["7"] = {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "ksampler"}}
    before = len(comfy.log)
    files = comfy.saved_files(comfy.run(workflow))
    assert len(files) == 17
    assert complaints(comfy.log[before:]) == []


def test_core_euler_at_our_levels_gives_the_frames_of_sora_sampler(comfy, workflow):
    levels = import_from_pack("sora_core.diffusion.schedule").shifted_sigmas(workflow["5"]["inputs"]["steps"], 3.0)
    ours = comfy.saved_files(comfy.run(_to_images(workflow, "ours")))
    workflow["20"] = {
        "class_type": "ManualSigmas",
        "inputs": {"sigmas": ", ".join(f"{x:.8f}" for x in levels.tolist())},
    }
    workflow["21"] = {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}}
    workflow["5"] = {
        "class_type": "SamplerCustom",
        "inputs": {
            "model": ["1", 0],
            "add_noise": True,
            "noise_seed": 7,
            "cfg": 2.5,
            "positive": ["3", 0],
            "negative": ["2", 0],
            "sampler": ["21", 0],
            "sigmas": ["20", 0],
            "latent_image": ["4", 0],
        },
    }
    core = comfy.saved_files(comfy.run(_to_images(workflow, "core")))
    assert len(ours) == len(core) == 17
    for mine, theirs in zip(ours, core, strict=True):
        difference = frames_of(mine).int() - frames_of(theirs).int()
        assert difference.abs().max() <= 1


def test_a_noise_mask_pins_frames_in_core_ksampler_too(comfy, workflow):
    """SetLatentNoiseMask makes an image mask, which the host spreads over all frames: everything is kept."""
    workflow["30"] = {"class_type": "SolidMask", "inputs": {"value": 0.0, "width": 64, "height": 64}}
    workflow["31"] = {"class_type": "SetLatentNoiseMask", "inputs": {"samples": ["5", 0], "mask": ["30", 0]}}
    workflow["32"] = {
        "class_type": "KSampler",
        "inputs": {
            "model": ["1", 0],
            "positive": ["3", 0],
            "negative": ["2", 0],
            "latent_image": ["31", 0],
            "seed": 1,
            "steps": 3,
            "cfg": 1.0,
            "sampler_name": "euler",
            "scheduler": "simple",
            "denoise": 1.0,
        },
    }
    before = comfy.saved_files(comfy.run(_to_images(workflow, "before")))
    after = comfy.saved_files(comfy.run(_to_images(workflow, "after", samples=["32", 0])))
    for one, other in zip(before, after, strict=True):
        assert (frames_of(one).int() - frames_of(other).int()).abs().max() <= 1


def test_guidance_patched_by_a_core_node_applies_to_sora_sampler(comfy, workflow):
    """RescaleCFG reckons with clean estimates; at 0 it changes nothing, at 1 it does."""
    videos = {}
    for name, multiplier in (("plain", None), ("zero", 0.0), ("one", 1.0)):
        graph = copy.deepcopy(workflow)
        if multiplier is not None:
            graph["50"] = {"class_type": "RescaleCFG", "inputs": {"model": ["1", 0], "multiplier": multiplier}}
            graph["5"]["inputs"]["model"] = ["50", 0]
        saved = comfy.saved_files(comfy.run(_to_images(graph, name)))
        videos[name] = torch.cat([frames_of(path) for path in saved]).int()
    assert (videos["zero"] - videos["plain"]).abs().max() <= 1
    assert (videos["one"] - videos["plain"]).abs().max() > 5


def test_a_lora_loads_into_our_model_by_its_keys_and_works(comfy, workflow):
    name = "diffusion_model.blocks.0.self_attn.o"
    generator = torch.Generator().manual_seed(0)
    weights = {
        f"{name}.lora_A.weight": torch.randn(4, 32, generator=generator),
        f"{name}.lora_B.weight": torch.randn(32, 4, generator=generator),
    }
    (comfy.base / "models" / "loras").mkdir(exist_ok=True)
    save_file(weights, comfy.base / "models" / "loras" / "tiny.safetensors")
    plain = comfy.saved_files(comfy.run(_to_images(workflow, "without_lora")))
    workflow["60"] = {
        "class_type": "LoraLoaderModelOnly",
        "inputs": {"model": ["1", 0], "lora_name": "tiny.safetensors", "strength_model": 1.0},
    }
    workflow["5"]["inputs"]["model"] = ["60", 0]
    before = len(comfy.log)
    changed = comfy.saved_files(comfy.run(_to_images(workflow, "with_lora")))
    assert "lora key not loaded" not in comfy.log[before:]
    assert (frames_of(plain[5]).int() - frames_of(changed[5]).int()).abs().max() > 5


def test_core_vae_encode_and_decode_take_our_vae(comfy, workflow):
    graph = _to_images(workflow, "again")
    graph["70"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["40", 0], "vae": ["1", 2]}}
    graph["71"] = {"class_type": "VAEDecode", "inputs": {"samples": ["70", 0], "vae": ["1", 2]}}
    graph["41"]["inputs"]["images"] = ["71", 0]
    assert len(comfy.saved_files(comfy.run(graph))) == 17


def test_a_graph_that_cannot_run_is_refused_with_the_input_named(comfy, workflow):
    workflow["5"]["inputs"]["steps"] = 0
    answer = comfy.post("/prompt", {"prompt": workflow, "client_id": "test"})
    (error,) = answer["node_errors"]["5"]["errors"]
    assert error["type"] == "value_smaller_than_min"


def test_a_model_by_a_former_name_is_accepted_and_one_that_there_is_not_is_refused(comfy, workflow):
    for name in ("nano (bundled)", "nano"):
        workflow["1"]["inputs"]["model"] = name
        comfy.run(workflow)
    workflow["1"]["inputs"]["model"] = "huge"
    (error,) = comfy.post("/prompt", {"prompt": workflow, "client_id": "test"})["node_errors"]["1"]["errors"]
    assert error["type"] == "custom_validation_failed"
    assert "got the model 'huge', expected one of 'nano (demo model)', 'tiny'" in error["details"]


def test_an_interrupt_while_sampling_leaves_nothing_behind(comfy, workflow):
    output, temp = comfy.base / "output", comfy.base / "temp"
    before = {path for folder in (output, temp) for path in folder.rglob("*")}
    workflow["5"]["inputs"].update(steps=1000, seed=99)
    prompt_id = comfy.queue(workflow)
    while not comfy.get("/queue")["queue_running"]:
        time.sleep(0.1)
    time.sleep(1.0)
    comfy.post("/interrupt", {})
    entry = comfy.finish(prompt_id)
    (interrupted,) = [data for kind, data in entry["status"]["messages"] if kind == "execution_interrupted"]
    assert interrupted["node_type"] == "SoraSampler"
    assert {path for folder in (output, temp) for path in folder.rglob("*")} <= before
    workflow["5"]["inputs"].update(steps=2, seed=5)
    assert len(comfy.saved_files(comfy.run(workflow))) == 1


def test_the_file_of_a_video_goes_when_the_next_run_has_replaced_it(comfy, workflow):
    temp = comfy.base / "temp"
    for seed in (61, 62, 63):
        workflow["5"]["inputs"].update(steps=1, seed=seed)
        assert len(comfy.saved_files(comfy.run(workflow))) == 1
    files = list(temp.glob("sora_*.mp4"))
    workflow["5"]["inputs"]["seed"] = 64
    comfy.run(workflow)
    after = list(temp.glob("sora_*.mp4"))
    assert len(after) == len(files)
    assert after != files


def _to_images(workflow, prefix, samples=None):
    """The graph with its end replaced: the latents as PNG files."""
    graph = {key: node for key, node in workflow.items() if key not in ("6", "7")}
    graph["40"] = {"class_type": "SoraVAEDecode", "inputs": {"samples": samples or ["5", 0], "vae": ["1", 2]}}
    graph["41"] = {"class_type": "SaveImage", "inputs": {"images": ["40", 0], "filename_prefix": prefix}}
    return graph


def with_tokenizer(model: Path, folder: Path, **changes: Any) -> None:
    """A copy of a model whose tokenizer has other values."""
    shutil.copytree(model, folder)
    file = folder / "text_encoder.safetensors"
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  (it is no dict)
    content = json.loads(metadata["sora_tokenizer"]) | changes
    save_file(tensors, file, metadata=metadata | {"sora_tokenizer": json.dumps(content)})


def test_a_tokenizer_that_panics_is_an_error_and_one_that_would_abort_runs_and_the_server_goes_on(
    comfy, models, workflow
):
    panics = {"type": "Precompiled", "precompiled_charsmap": "AAAA"}
    aborts = {
        "strategy": {"Fixed": 10_000_000_000},  # a list of so many tokens, for which there is no memory
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "<pad>",
    }
    with_tokenizer(models / "tiny", models / "panic", normalizer=panics)
    with_tokenizer(models / "tiny", models / "padabort", padding=aborts)
    try:
        workflow["5"]["inputs"]["seed"] = 90_001
        workflow["1"]["inputs"]["model"] = "panic"
        ended = comfy.finish(comfy.queue(workflow))
        assert ended["status"]["status_str"] == "error"
        (said,) = (details for kind, details in ended["status"]["messages"] if kind == "execution_error")
        assert said["node_type"] == "SoraLoadModel"
        assert "text_encoder.safetensors" in said["exception_message"]
        for model in ("padabort", "tiny"):
            workflow["1"]["inputs"]["model"] = model
            comfy.run(workflow)
    finally:
        shutil.rmtree(models / "panic")
        shutil.rmtree(models / "padabort")
