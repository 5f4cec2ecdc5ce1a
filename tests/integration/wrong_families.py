"""Parts that do not belong together, in our nodes, and what is said of them.

Run by ComfyUI's interpreter: `wrong_families.py COMFYUI PACK FOLDER`. Prints the messages as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import host_files
import torch
from in_process import Comfy, randomised
from safetensors.torch import save_file

SETTINGS = {"seed": 0, "steps": 2, "guidance": 1.0, "shift": 1.0}


def model_without_network(name: str) -> Any:
    """A MODEL of the host's class, to be refused before its network would run."""
    import comfy.model_patcher
    import comfy.supported_models

    sizes = {"in_channels": 4, "adm_in_channels": 2816}
    config = getattr(comfy.supported_models, name)({"disable_unet_model_creation": True, **sizes})
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(config.get_model({}, "", device=cpu), load_device=cpu, offload_device=cpu)


def image_vae(comfy: Comfy, folder: Path) -> Any:
    """The smallest VAE for images that the host's loader takes."""
    from comfy.taesd.taesd import TAESD

    state = randomised(TAESD(latent_channels=4)).state_dict()
    save_file({name: weight.contiguous() for name, weight in state.items()}, folder / "models/vae/image.safetensors")
    return comfy.run("VAELoader", vae_name="image.safetensors")[0]


def refusals(comfy: Comfy, folder: Path) -> dict[str, str]:
    """One by one."""
    from comfy.nested_tensor import NestedTensor

    small, large = (host_files.load(comfy, folder, name) for name in ("wan_2_1", "wan_2_2"))
    images, picture = image_vae(comfy, folder), torch.zeros(1, 64, 64, 3)
    grid = {"aspect_ratio": "1:1", "size": 64, "seconds": 1.0, "fps": 8.0}
    of_small, of_large = (comfy.run("SoraVideoGrid", vae=family.vae, **grid)[0] for family in (small, large))
    of_image = {"samples": torch.zeros(1, 4, 8, 8)}
    of_two = {"samples": NestedTensor((of_small["samples"], torch.zeros(1, 8, 4, 16)))}
    texts = {"positive": small.text(1), "negative": small.text(2), **SETTINGS}
    sampler = {
        "vae_of_another_model": {"model": large.model, "latent": of_small},
        "vae_of_another_model_too": {"model": small.model, "latent": of_large},
        "noise_predictor": {"model": model_without_network("SDXL"), "latent": of_image},
        "noise_predictor_on_video": {"model": model_without_network("SDXL"), "latent": of_small},
        "flow_of_images": {"model": model_without_network("Flux"), "latent": of_small},
        "flow_backwards": {"model": model_without_network("WAN21_FlowRVS"), "latent": of_small},
        "image_latent": {"model": small.model, "latent": of_image},
        "video_and_audio": {"model": small.model, "latent": of_two},
        "text_of_another_model": {"model": small.model, "latent": of_small, "negative": [[torch.zeros(1, 3, 768), {}]]},
    }
    found = {name: comfy.error("SoraSampler", **{**texts, **inputs}) for name, inputs in sampler.items()}
    for name, latent in (("small", of_small), ("large", of_large)):
        wrong = large.vae if name == "small" else small.vae
        found[f"decode_{name}"] = comfy.error("SoraVAEDecode", samples=latent, vae=wrong)
        found[f"decode_{name}_to_video"] = comfy.error("SoraDecodeToVideo", samples=latent, vae=wrong, fps=8.0)
    found["grid_of_images"] = comfy.error("SoraVideoGrid", vae=images, **grid)
    animate = {"image": picture, "seconds": 1.0, "size": 64, "fps": 8.0}
    found["ability_of_images"] = comfy.error("SoraAnimateImage", vae=images, **animate)
    found["decode_as_images"] = comfy.error("SoraDecodeToVideo", samples=of_small, vae=images, fps=8.0)
    return found


def main(comfyui: str, pack: str, folder: Path) -> None:
    """What is said, and what is left in the folder for temporary files."""
    comfy = Comfy(comfyui, pack, folder)
    report: dict[str, Any] = refusals(comfy, folder)
    report["left_behind"] = [path.name for path in (folder / "temp").rglob("*.mp4*")]
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
