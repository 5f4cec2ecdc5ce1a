"""Wan 2.2 A14B in ComfyUI is two MODELs, sampled one after the other; in the core it is one module of two experts.

Run by ComfyUI's interpreter: `two_experts.py COMFYUI PACK FOLDER`. Prints their differences as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import host_files
import torch
from in_process import Comfy, largest

STEPS, SHIFT, GUIDANCE, SEED = 4, 3.0, 2.5, 7  # levels 1, 0.9, 0.75 and 0.5
BOUNDARY, HIGH_STEPS = 0.875, 2


def one_after_the_other(comfy: Comfy, models: list[Any], texts: dict[str, Any], latent: dict[str, Any]) -> torch.Tensor:
    """As in the host's own workflows for these checkpoints."""
    how = {"steps": STEPS, "cfg": GUIDANCE, "sampler_name": "euler", "scheduler": "simple", "noise_seed": SEED}
    high, low = (comfy.run("ModelSamplingSD3", model=model, shift=SHIFT)[0] for model in models)
    first = {"add_noise": "enable", "start_at_step": 0, "end_at_step": HIGH_STEPS}
    first["return_with_leftover_noise"] = "enable"
    then = {"add_noise": "disable", "start_at_step": HIGH_STEPS, "end_at_step": STEPS}
    then["return_with_leftover_noise"] = "disable"
    (half,) = comfy.run("KSamplerAdvanced", model=high, latent_image=latent, **first, **how, **texts)
    (made,) = comfy.run("KSamplerAdvanced", model=low, latent_image=half, **then, **how, **texts)
    return made["samples"]


def as_one(comfy: Comfy, files: list[Path], family: host_files.Family, latent: dict[str, Any]) -> torch.Tensor:
    """The experts of the core, in the core's loop."""
    jobs, guidance = comfy.part("nodes.job"), comfy.part("sora_core.diffusion.guidance")
    experts = comfy.part("sora_core.checkpoint").load_experts(*files, boundary=BOUNDARY)
    texts, samples = (family.text(1), family.text(2)), latent["samples"]
    job = jobs.SamplingJob(*texts, samples, torch.ones_like(samples[:, :1]), SEED, STEPS, GUIDANCE, SHIFT)
    guider = guidance.guide(experts, texts[0][0][0], texts[1][0][0], GUIDANCE)
    made = job.run(guider, samples, jobs.Holding(experts.config.patch_size), lambda *_: None)
    return family.model.get_model_object("latent_format").process_out(made)


def main(comfyui: str, pack: str, folder: Path) -> None:
    """With the host's class and with ours, in units of the spread; and one expert alone."""
    comfy = Comfy(comfyui, pack, folder)
    families = [host_files.load(comfy, folder, "wan_2_1", seed) for seed in (0, 1)]
    files = [folder / "models" / "diffusion_models" / f"wan_2_1_{seed}.safetensors" for seed in (0, 1)]
    latent, *_ = comfy.run(
        "SoraVideoGrid", aspect_ratio="1:1", size=families[0].size, seconds=1.0, fps=8.0, vae=families[0].vae
    )
    texts = {"positive": families[0].text(1), "negative": families[0].text(2)}
    expected = as_one(comfy, files, families[0], latent)
    checkpoint, native = comfy.part("sora_core.checkpoint"), comfy.part("nodes.native")
    layout = native.SoraLatentFormat(checkpoint.load_vae(folder / "models" / "vae" / "wan_2_1_0.safetensors"))
    models = {
        "host": [family.model for family in families],
        "ours": [native.native_model(checkpoint.load_dit(file), layout) for file in files],
        "one": [families[0].model] * 2,
    }
    report = {}
    for name, pair in models.items():
        made = one_after_the_other(comfy, pair, texts, latent)
        report[name] = largest(made, expected) / expected.std().item()
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
