"""Image-to-video checkpoints of Wan as MODELs of ours beside the host's own class, fed by core's conditioning nodes.

Run by ComfyUI's interpreter: `image_to_video.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import host_files
import torch
from in_process import Comfy, largest

HOW = {"seed": 5, "steps": 4}  # of which every one is in the table of the simple schedule
NODES = {
    "wan_2_1_image": "WanImageToVideo",
    "wan_2_1_first_last": "WanFirstLastFrameToVideo",
    "wan_2_2_image": "WanImageToVideo",
}
FRAMES = 9


def seen_image(seed: int) -> Any:
    """As CLIP Vision Encode gives it: 257 tokens."""
    tokens = torch.randn(1, 257, 1280, generator=torch.Generator().manual_seed(seed))
    return SimpleNamespace(penultimate_hidden_states=tokens)


def conditioned(comfy: Comfy, family: host_files.Family, name: str, vae: Any, seed: int = 1) -> tuple[Any, ...]:
    """Positive, negative and latent of the core node for a checkpoint of this kind."""
    image = torch.rand(1, family.size, family.size, 3, generator=torch.Generator().manual_seed(seed))
    given: dict[str, Any] = {"start_image": image}
    if name == "wan_2_1_image":
        given["clip_vision_output"] = seen_image(seed)
    if name == "wan_2_1_first_last":
        given |= {"end_image": image.flip(1), "clip_vision_start_image": seen_image(seed)}
        given["clip_vision_end_image"] = seen_image(seed + 1)
    size = {"width": family.size, "height": family.size, "length": FRAMES, "batch_size": 1}
    return comfy.run(NODES[name], positive=family.text(1), negative=family.text(2), vae=vae, **size, **given)


def sampled(comfy: Comfy, model: Any, given: tuple[Any, ...]) -> torch.Tensor:
    """By KSampler."""
    positive, negative, latent = given
    settings = {"cfg": 2.5, "sampler_name": "euler", "scheduler": "simple", "denoise": 1.0, **HOW}
    (shifted,) = comfy.run("ModelSamplingSD3", model=model, shift=3.0)
    (made,) = comfy.run(
        "KSampler", model=shifted, positive=positive, negative=negative, latent_image=latent, **settings
    )
    return made["samples"]


def sampled_by_us(comfy: Comfy, model: Any, given: tuple[Any, ...]) -> torch.Tensor:
    """By Sora Sampler."""
    positive, negative, latent = given
    settings = {"guidance": 2.5, "shift": 3.0, **HOW}
    (made,) = comfy.run("SoraSampler", model=model, positive=positive, negative=negative, latent=latent, **settings)
    return made["samples"]


def ours(comfy: Comfy, folder: Path, name: str) -> tuple[Any, Any]:
    """MODEL and VAE that our loader makes of the very files."""
    checkpoint, native, native_vae = (
        comfy.part(part) for part in ("sora_core.checkpoint", "nodes.comfy.model", "nodes.comfy.vae")
    )
    vae = checkpoint.load_vae(folder / "models" / "vae" / f"{name}_0.safetensors")
    dit = checkpoint.load_dit(folder / "models" / "diffusion_models" / f"{name}_0.safetensors")
    return native.native_model(dit, native.SoraLatentFormat(vae)), native_vae.NativeVAE(vae)


def compare(comfy: Comfy, folder: Path, name: str) -> dict[str, float]:
    """Errors in units of the spread of the latents."""
    family = host_files.load(comfy, folder, name)
    model, vae = ours(comfy, folder, name)
    given = conditioned(comfy, family, name, family.vae)
    expected = sampled(comfy, family.model, given)
    results = {
        "core": sampled(comfy, model, given),
        "sora_sampler": sampled_by_us(comfy, model, given),
        "sora_sampler_on_theirs": sampled_by_us(comfy, family.model, given),
        "our_vae": sampled(comfy, model, conditioned(comfy, family, name, vae)),
        "another_image": sampled(comfy, model, conditioned(comfy, family, name, family.vae, seed=2)),
    }
    return {key: largest(made, expected) / expected.std().item() for key, made in results.items()}


def refusals(comfy: Comfy, folder: Path) -> dict[str, str]:
    """What is said where a conditioning does not fit."""
    family = host_files.load(comfy, folder, "wan_2_1_image")
    model, _ = ours(comfy, folder, "wan_2_1_image")
    positive, negative, latent = conditioned(comfy, family, "wan_2_1_image", family.vae)
    (windowed,) = comfy.run("SoraWindows", model=model, context=1, new=1, noise=0.0)
    settings = {"latent": latent, "guidance": 2.5, "shift": 3.0, **HOW}
    unseen = {"positive": family.text(1), "negative": family.text(2)}
    phantom = [[text, {**more, "time_dim_concat": latent["samples"]}] for text, more in positive]
    return {
        "no_image": comfy.error("SoraSampler", model=model, **unseen, **settings),
        "windows": comfy.error("SoraSampler", model=windowed, positive=positive, negative=negative, **settings),
        "phantom": comfy.error("SoraSampler", model=model, positive=phantom, negative=negative, **settings),
    }


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Every kind of checkpoint, and what is refused."""
    comfy = Comfy(comfyui, pack, folder)
    report: dict[str, Any] = {name: compare(comfy, folder, name) for name in NODES}
    print(json.dumps({**report, "refusals": refusals(comfy, folder)}))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
