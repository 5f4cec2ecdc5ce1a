"""A MODEL that is not ours, a tiny Wan of ComfyUI's own class with random weights, sampled by a job of our nodes.

Run by ComfyUI's interpreter: `foreign_model.py COMFYUI PACK`. Prints what happened as one line of JSON.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from dataclasses import replace

import torch

LEVELS = (0.0, 1.0, 1.0)  # of the latent frames
LONG = 9  # latent frames


def tiny_wan():
    """Wan 2.1 with 16 latent channels and text of width 16."""
    import comfy.model_patcher
    import comfy.supported_models

    sizes = {"dim": 48, "ffn_dim": 64, "num_heads": 2, "num_layers": 1, "freq_dim": 32, "text_dim": 16}
    config = comfy.supported_models.WAN21_T2V({"image_model": "wan2.1", "model_type": "t2v", **sizes})
    config.set_inference_dtype(torch.float32, None)
    model = config.get_model({}, device="cpu")
    generator = torch.Generator().manual_seed(0)
    for weight in model.diffusion_model.parameters():
        weight.data = 0.2 * torch.randn(weight.shape, generator=generator)
    device = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(model, load_device=device, offload_device=device)


def load_pack(root: str, name: str = "sora_pack"):
    """The pack as a custom node pack."""
    spec = importlib.util.spec_from_file_location(name, f"{root}/__init__.py", submodule_search_locations=[root])
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return name


def main(pack: str) -> None:
    """Sample with resampling 0 and 2, twice each; then three times as many frames in windows."""
    name = load_pack(pack)
    parts = ("host.job", "comfy.sampling", "host.notices")
    jobs, native, notices = (importlib.import_module(f"{name}.nodes.{part}") for part in parts)
    options = importlib.import_module(f"{name}.sora_core.diffusion.options").SamplingOptions(4, 2.0)
    generator = torch.Generator().manual_seed(1)
    clean = torch.randn(1, 16, 3, 4, 4, generator=generator)
    texts = [[[torch.randn(1, 5, 16, generator=generator), {}]] for _ in range(2)]
    level = torch.tensor(LEVELS).view(1, 1, 3, 1, 1).expand(1, 1, 3, 4, 4)
    plain = tiny_wan()
    made, said, steps = [], [], []
    for times in (0, 0, 2, 2):
        model = native.with_sampling_options(plain, replace(options, resampling=times))
        job = jobs.SamplingJob(*texts, clean, level, 2, native.sampling_options(model))
        said.append(notices.job_notices(job, native.timestep_patch(model)))
        made.append(native.sample_natively(model, job, lambda done, total, estimate: steps.append(total)))
    report = {
        "said": said,
        "steps": sorted(set(steps)),
        "known_error": max((x - clean)[:, :, 0].abs().max().item() for x in made),
        "off_is_plain": torch.equal(made[0], made[1]),
        "repeats": torch.equal(made[2], made[3]),
        "change": (made[2] - made[0])[:, :, 1:].abs().max().item(),
        "windows": in_windows(name, jobs, native, options, plain, texts),
    }
    print(json.dumps(report))


def in_windows(name, jobs, native, options, plain, texts):
    """What is said and seen where a long canvas is sampled five latent frames at a time."""
    sliding = importlib.import_module(f"{name}.sora_core.diffusion.windows").SlidingWindow
    clean = torch.randn(1, 16, LONG, 4, 4, generator=torch.Generator().manual_seed(3))
    level = torch.ones(1, 1, LONG, 4, 4)
    level[:, :, :2] = 0
    job = jobs.SamplingJob(*texts, clean, level, 2, replace(options, windows=sliding(2, 3)))
    seen, done_at, forward = [], [], plain.model.diffusion_model.forward

    def noting(x, *rest, **more):
        seen.append(x.shape[2])
        return forward(x, *rest, **more)

    plain.model.diffusion_model.forward = noting
    made = native.sample_natively(plain, job, lambda done, total, estimate: done_at.append(done / total))
    return {
        "said": importlib.import_module(f"{name}.nodes.host.notices").job_notices(job, native.timestep_patch(plain)),
        "most": max(seen),
        "known_error": (made - clean)[:, :, :2].abs().max().item(),
        "finite": bool(made.isfinite().all()),
        "progress": [done_at[0], done_at[-1], len(done_at)],
    }


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from comfy.cli_args import args

    args.cpu = True
    with torch.inference_mode():
        main(sys.argv[2])
