"""The MODEL, CLIP and VAE of our loader in ComfyUI's own nodes, whose results are those of our nodes."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from headless.pack import import_from_pack
from integration.comfy_server import PACK

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 1e-5
STEPS = 4  # each is in the table of the simple schedule
SEED, GUIDANCE, SHIFT = 7, 2.5, 3.0


@pytest.fixture
def latents(comfy, workflow):
    """Runs a graph and gives the latents [B C T H W] of an output of a node, by default of the sampler, node 5."""

    def get(graph, source=("5", 0)):
        graph = {key: node for key, node in graph.items() if key not in ("6", "7")}
        save = {"samples": list(source), "filename_prefix": "latents/core_nodes"}
        graph["90"] = {"class_type": "SaveLatent", "inputs": save}
        (saved,) = comfy.run(graph)["outputs"]["90"]["latents"]
        return load_file(comfy.base / saved["type"] / saved["subfolder"] / saved["filename"])["latent_tensor"]

    return get


@pytest.fixture
def frames(comfy):
    """Runs a graph and gives the frames [F H W 3] of an IMAGE output as eight bits."""

    def get(graph, source):
        graph = {key: node for key, node in graph.items() if key not in ("6", "7")}
        graph["91"] = {"class_type": "SaveImage", "inputs": {"images": list(source), "filename_prefix": "core_nodes"}}
        files = comfy.saved_files(comfy.run(graph))
        return torch.stack([torch.from_numpy(np.array(Image.open(file))) for file in files]).int()

    return get


def sampled_by_core(graph, shift=SHIFT, model=("1", 0)):
    """The graph with its sampler replaced by core's advanced one: Euler at the levels of Sora Sampler."""
    levels = import_from_pack("sora_core.diffusion.schedule").shifted_sigmas(STEPS, shift)
    sigmas = ", ".join(f"{level:.12f}" for level in levels.tolist())
    texts = {"positive": ["3", 0], "negative": ["2", 0]}
    latent = graph["5"]["inputs"]["latent"]
    sampler = {"noise": ["20", 0], "guider": ["21", 0], "sampler": ["22", 0], "sigmas": ["23", 0]}
    return graph | {
        "20": {"class_type": "RandomNoise", "inputs": {"noise_seed": SEED}},
        "21": {"class_type": "CFGGuider", "inputs": {"model": list(model), "cfg": GUIDANCE, **texts}},
        "22": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
        "23": {"class_type": "ManualSigmas", "inputs": {"sigmas": sigmas}},
        "5": {"class_type": "SamplerCustomAdvanced", "inputs": {"latent_image": latent, **sampler}},
    }


def close(one, other, tolerance=ROUNDING):
    """Whether latents are equal but for rounding, in units of their spread."""
    return one.shape == other.shape and ((one - other).abs().max() / other.std()).item() < tolerance


def test_the_advanced_sampler_gives_the_latents_of_sora_sampler(workflow, latents):
    ours = latents(workflow)
    assert close(latents(sampled_by_core(workflow)), ours)
    workflow["5"]["inputs"]["seed"] = SEED + 1
    assert not close(latents(workflow), ours, 0.1)


def test_known_frames_are_held_per_patch_by_core_samplers_as_by_sora_sampler(latents):
    graph = json_workflow("extend_video")
    ours = latents(graph)
    assert close(latents(sampled_by_core(graph)), ours)


@pytest.mark.parametrize("shift", [1.0, 5.0])
def test_model_sampling_sd3_sets_the_shift_of_ksampler(workflow, latents, shift):
    workflow["5"]["inputs"]["shift"] = shift
    ours = latents(workflow)
    workflow["30"] = {"class_type": "ModelSamplingSD3", "inputs": {"model": ["1", 0], "shift": shift}}
    texts = {"positive": ["3", 0], "negative": ["2", 0], "latent_image": ["4", 0], "seed": SEED}
    how = {"steps": STEPS, "cfg": GUIDANCE, "sampler_name": "euler", "scheduler": "simple", "denoise": 1.0}
    workflow["5"] = {"class_type": "KSampler", "inputs": {"model": ["30", 0], **texts, **how}}
    assert close(latents(workflow), ours)


def test_model_sampling_sd3_leaves_the_shift_of_sora_sampler_alone(workflow, latents):
    ours = latents(workflow)
    workflow["30"] = {"class_type": "ModelSamplingSD3", "inputs": {"model": ["1", 0], "shift": 9.0}}
    workflow["5"]["inputs"]["model"] = ["30", 0]
    assert torch.equal(latents(workflow), ours)


def test_clip_text_encode_reads_a_prompt_as_sora_encode_text(workflow, latents):
    ours = latents(workflow)
    for key in ("2", "3"):
        workflow[key]["class_type"] = "CLIPTextEncode"
    assert torch.equal(latents(workflow), ours)


def test_a_lora_is_the_same_in_both_samplers(comfy, workflow, latents):
    name, generator = "diffusion_model.blocks.1.ffn.0", torch.Generator().manual_seed(0)
    weights = {"lora_A": torch.randn(4, 32, generator=generator), "lora_B": torch.randn(64, 4, generator=generator)}
    (comfy.base / "models" / "loras").mkdir(exist_ok=True)
    file = comfy.base / "models" / "loras" / "both.safetensors"
    save_file({f"{name}.{part}.weight": weight for part, weight in weights.items()}, file)
    plain = latents(workflow)
    lora = {"model": ["1", 0], "lora_name": "both.safetensors", "strength_model": 0.7}
    workflow["60"] = {"class_type": "LoraLoaderModelOnly", "inputs": lora}
    workflow["5"]["inputs"]["model"] = ["60", 0]
    ours = latents(workflow)
    assert not close(ours, plain, 0.01)
    assert close(latents(sampled_by_core(workflow, model=("60", 0))), ours)


def test_easy_cache_works_around_our_transformer(comfy, workflow, latents):
    """At a threshold of 0 nothing is reused; at a high one steps are."""
    workflow["5"]["inputs"]["steps"] = 12
    plain = latents(workflow)
    made = {}
    for threshold in (0.0, 3.0):
        cache = {"reuse_threshold": threshold, "start_percent": 0.0, "end_percent": 1.0, "verbose": False}
        workflow["61"] = {"class_type": "EasyCache", "inputs": {"model": ["1", 0], **cache}}
        workflow["5"]["inputs"]["model"] = ["61", 0]
        made[threshold] = latents(workflow)
    assert close(made[0.0], plain)
    assert not close(made[3.0], plain, 0.01)
    assert bool(made[3.0].isfinite().all())


def test_a_saved_latent_comes_back(comfy, workflow, latents):
    ours = latents(workflow)
    saved = max((comfy.base / "output" / "latents").glob("*.latent"), key=lambda path: path.stat().st_mtime)
    shutil.copy(saved, comfy.base / "input" / "again.latent")
    graph = {"1": {"class_type": "LoadLatent", "inputs": {"latent": "again.latent"}}}
    assert torch.equal(latents(graph, ("1", 0)), ours)


def test_core_vae_decode_gives_the_frames_of_sora_vae_decode(workflow, frames):
    workflow["40"] = {"class_type": "SoraVAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}}
    workflow["41"] = {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}}
    ours = frames(workflow, ("40", 0))
    assert torch.equal(frames(workflow, ("41", 0)), ours)


@pytest.mark.parametrize(
    ("tile", "temporal", "limit"),
    [(128, 64, 0), (64, 64, 0), (64, 8, None)],
    ids=["larger than the video", "as large as a frame", "parts of the duration"],
)
def test_core_tiled_decode_takes_our_vae(workflow, frames, tile, temporal, limit):
    """Tiles that hold all of it change nothing; parts of the duration begin as clips of their own, so frames differ."""
    inputs = {"samples": ["5", 0], "vae": ["1", 2], "tile_size": tile, "overlap": 0}
    inputs |= {"temporal_size": temporal, "temporal_overlap": 4}
    workflow["41"] = {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}}
    workflow["42"] = {"class_type": "VAEDecodeTiled", "inputs": inputs}
    whole, tiled = frames(workflow, ("41", 0)), frames(workflow, ("42", 0))
    assert whole.shape == tiled.shape == (17, 64, 64, 3)
    difference = (whole - tiled).abs()
    if limit is not None:
        assert difference.max() <= limit
    else:
        assert difference[0].max() <= 1
        assert 0 < difference.float().mean() < 40


def test_core_vae_encode_gives_the_latents_of_our_nodes(workflow, latents):
    workflow["8"] = {"class_type": "SoraSampleClip", "inputs": {"clip": "circle_right"}}
    workflow["9"] = {"class_type": "GetVideoComponents", "inputs": {"video": ["8", 0]}}
    edit = {"source": ["9", 0], "vae": ["1", 2], "strength": 0.5, "size": 64, "fps": 8.0}
    workflow["10"] = {"class_type": "SoraEditVideo", "inputs": edit}
    workflow["11"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["9", 0], "vae": ["1", 2]}}
    ours, core = latents(workflow, ("10", 0)), latents(workflow, ("11", 0))
    shared = core.shape[2]
    assert shared in (ours.shape[2], ours.shape[2] - 1)  # ours repeats the last frame until all are in a latent
    assert close(core, ours[:, :, :shared])


def json_workflow(name):
    """A shipped graph on the tiny model."""
    graph = json.loads((PACK / "workflows" / "api" / f"{name}.json").read_text())
    graph["1"]["inputs"]["model"] = "tiny"
    graph["5"]["inputs"].update(steps=STEPS, seed=SEED, guidance=GUIDANCE, shift=SHIFT)
    return graph
