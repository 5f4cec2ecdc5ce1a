"""Parts that do not belong together, in our nodes, and what is said of them.

Run by ComfyUI's interpreter: `wrong_families.py COMFYUI PACK FOLDER`. Prints the messages as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import host_files
import torch
import vae_classes
import video_classes
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


@dataclass(frozen=True)
class Words:
    """A CLIP of a family, by its tokenizer, that encodes as another."""

    tokenizer: Any
    made: list[list[Any]]

    def tokenize(self, text: str) -> str:
        return text

    def encode_from_tokens_scheduled(self, tokens: str) -> list[list[Any]]:
        return self.made


def of_another_vae(comfy: Comfy, family: host_files.Family, grid: dict[str, Any]) -> dict[str, str]:
    """Canvases of VAEs of as many channels, of the pack and of the host."""
    texts = {"positive": family.text(1), "negative": family.text(2), **SETTINGS}
    *_, nano = comfy.run("SoraLoadModel", model="nano (demo model)")
    of_nano, of_hunyuan = (
        comfy.run("SoraVideoGrid", vae=vae, **grid)[0] for vae in (nano, vae_classes.load("hunyuan"))
    )
    latent = {"latent": of_hunyuan, "vae": family.vae, "fps": 8.0}
    extended = {"source": of_hunyuan, "vae": family.vae, "before": 0.0, "after": 1.0, "size": 64, "fps": 8.0}
    return {
        "vae_of_as_many_channels": comfy.error("SoraSampler", model=family.model, latent=of_hunyuan, **texts),
        "vae_of_nano": comfy.error("SoraSampler", model=family.model, latent=of_nano, **texts),
        "decode_of_as_many_channels": comfy.error("SoraVAEDecode", samples=of_hunyuan, vae=family.vae),
        "decode_of_nano": comfy.error("SoraDecodeToVideo", samples=of_nano, vae=family.vae, fps=8.0),
        "keyframe": comfy.error("SoraKeyframe", source=torch.zeros(1, 64, 64, 3), seconds=0.0, **latent),
        "extension": comfy.error("SoraExtendVideo", **extended),
    }


def of_another_clip(comfy: Comfy, family: host_files.Family, latent: dict[str, Any]) -> dict[str, str]:
    """Texts of as wide a CLIP of another family, and of another width for other classes than Wan's."""
    from comfy.text_encoders.hunyuan_video import HunyuanVideoTokenizer
    from comfy.text_encoders.wan import WanT5Tokenizer

    found = {}
    hunyuan, mochi = video_classes.load("hunyuan"), video_classes.load("mochi")
    cases = {
        "clip_of_hunyuan_on_wan": (HunyuanVideoTokenizer, family.model, family.text(1), latent),
        "clip_of_wan_on_hunyuan": (WanT5Tokenizer, hunyuan, video_classes.text("hunyuan", 1), latent),
    }
    for name, (tokenizer, model, made, canvas) in cases.items():
        clip = Words(tokenizer.__new__(tokenizer), made)
        (positive,) = comfy.run("SoraEncodeText", clip=clip, text="x")
        given = {"model": model, "positive": positive, "negative": made, "latent": canvas, **SETTINGS}
        found[name] = comfy.error("SoraSampler", **given)
    wide = [[torch.zeros(1, 7, 48), {}]]
    for name, model, channels in (("hunyuan", hunyuan, 16), ("mochi", mochi, 12)):
        canvas = {"samples": torch.zeros(1, channels, 3, 4, 4)}
        given = {"model": model, "positive": wide, "negative": wide, "latent": canvas, **SETTINGS}
        found[f"text_of_another_width_for_{name}"] = comfy.error("SoraSampler", **given)
    return found


def of_another_lora(comfy: Comfy, family: host_files.Family, latent: dict[str, Any], folder: Path) -> dict[str, str]:
    """LoRAs of other layers and of other sizes, of core's loader, above Sora Two Experts; and one that fits."""
    files = {
        "lora_of_other_layers": ("diffusion_model.double_blocks.0.img_attn.qkv", 128),
        "lora_of_other_sizes": ("diffusion_model.blocks.0.self_attn.q", 1536),
        "lora_that_fits": ("diffusion_model.blocks.0.self_attn.q", 128),
    }
    (folder / "models" / "loras").mkdir(parents=True, exist_ok=True)
    found = {}
    for name, (layer, width) in files.items():
        down, up = torch.randn(2, width), torch.randn(width, 2)
        weights = {f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up, f"{layer}.alpha": torch.tensor(2.0)}
        save_file(weights, folder / "models" / "loras" / f"{name}.safetensors")
        loader = {"lora_name": f"{name}.safetensors", "strength_model": 1.0}
        (model,) = comfy.run("LoraLoaderModelOnly", model=family.model, **loader)
        (joined,) = comfy.run("SoraTwoExperts", high_noise=model, low_noise=family.model, boundary=0.875)
        graph = {
            "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "wan_2_1_0.safetensors"}},
            "2": {"class_type": "LoraLoaderModelOnly", "inputs": {"model": ["1", 0], **loader}},
            "3": {"class_type": "SoraTwoExperts", "inputs": {"high_noise": ["2", 0], "low_noise": ["1", 0]}},
            "4": {"class_type": "SoraSampler", "inputs": {"model": ["3", 0]}},
        }
        node = comfy.ours["SoraSampler"].PREPARE_CLASS_CLONE({"hidden_inputs": {"PROMPT": graph, "UNIQUE_ID": "4"}})
        texts = {"positive": family.text(1), "negative": family.text(2), **SETTINGS}
        try:
            node.execute(model=joined, latent=latent, **texts)
            found[name] = ""
        except ValueError as error:
            found[name] = str(error)
    return found


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
    for name, made in (("small", of_small), ("large", of_large)):
        wrong, latent = large.vae if name == "small" else small.vae, {"samples": made["samples"]}  # as of core's nodes
        found[f"decode_{name}"] = comfy.error("SoraVAEDecode", samples=latent, vae=wrong)
        found[f"decode_{name}_to_video"] = comfy.error("SoraDecodeToVideo", samples=latent, vae=wrong, fps=8.0)
    found["grid_of_images"] = comfy.error("SoraVideoGrid", vae=images, **grid)
    animate = {"image": picture, "seconds": 1.0, "size": 64, "fps": 8.0}
    found["ability_of_images"] = comfy.error("SoraAnimateImage", vae=images, **animate)
    found |= of_another_vae(comfy, small, grid) | of_another_clip(comfy, small, {"samples": of_small["samples"]})
    found |= of_another_lora(comfy, small, of_small, folder)
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
