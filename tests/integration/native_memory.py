"""ComfyUI's memory management on the parts of our loader: whole, in part, not at all on the device; in few bits.

Run by ComfyUI's interpreter: `native_memory.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON. A CPU
has no memory of its own to run out of, so the host is told that it is no CPU.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from in_process import Comfy, largest
from safetensors.torch import save_file

CPU = torch.device("cpu")
META = torch.device("meta")  # plays the graphics card: no numbers, but products of matrices refuse what is on the CPU
PARTS = ("text", "latents", "images", "encoded")


@dataclass(frozen=True)
class Loaded:
    """What our loader gives."""

    comfy: Comfy
    model: Any
    clip: Any
    vae: Any

    @classmethod
    def bundled(cls, comfy: Comfy) -> Loaded:
        """The model in the repository."""
        return cls(comfy, *comfy.run("SoraLoadModel", model="nano (demo model)"))

    def video(self, model: Any = None) -> list[torch.Tensor]:
        """PARTS of a short clip, each of which needs another of our modules."""
        run = self.comfy.run
        texts = [run("CLIPTextEncode", clip=self.clip, text=text)[0] for text in ("a red circle moves right", "")]
        latent, *_ = run("SoraVideoGrid", aspect_ratio="1:1", size=32, seconds=1.0, fps=8.0, vae=self.vae)
        how = {"positive": texts[0], "negative": texts[1], "seed": 1, "steps": 2, "guidance": 2.0, "shift": 3.0}
        (made,) = run("SoraSampler", model=model or self.model, latent=latent, **how)
        (images,) = run("SoraVAEDecode", samples=made, vae=self.vae)
        (encoded,) = run("VAEEncode", pixels=images, vae=self.vae)
        return [texts[0][0][0], made["samples"], images, encoded["samples"]]

    def shares(self) -> dict[str, float]:
        """How much of each part the host has loaded, of 1."""
        patchers = {"model": self.model, "clip": self.clip.patcher, "vae": self.vae.patcher}
        return {name: patcher.loaded_size() / patcher.model_size() for name, patcher in patchers.items()}


def errors(found: list[torch.Tensor], expected: list[torch.Tensor]) -> dict[str, float]:
    """Largest difference of each of PARTS, in units of its spread."""
    return {
        part: largest(one, other) / other.std().item() for part, one, other in zip(PARTS, found, expected, strict=True)
    }


@contextmanager
def without_graphics_memory() -> Iterator[None]:
    """The host believes that it has a device besides the CPU, and none of its memory (--novram)."""
    import comfy.model_management as management

    management.unload_all_models()
    was = management.is_device_cpu
    management.is_device_cpu, management.vram_state = lambda _: False, management.VRAMState.NO_VRAM
    try:
        yield
    finally:
        management.is_device_cpu, management.vram_state = was, management.VRAMState.DISABLED
        management.unload_all_models()


def loading(parts: Loaded) -> dict[str, Any]:
    """Loaded whole, not at all, half, less, and whole again."""
    expected, found = parts.video(), {}
    found["whole"] = {"shares": parts.shares(), "errors": errors(parts.video(), expected)}
    with without_graphics_memory():
        found["none"] = {"errors": errors(parts.video(), expected), "shares": parts.shares()}
        parts.model.partially_load(CPU, parts.model.model_size() // 2)
        found["half"] = {"errors": errors(parts.video(), expected), "shares": parts.shares()}
        parts.model.partially_unload(CPU, parts.model.model_size() // 4)
        found["less"] = {"errors": errors(parts.video(), expected), "shares": parts.shares()}
        parts.model.detach()
        found["detached"] = {"shares": parts.shares()}
    found["again"] = {"errors": errors(parts.video(), expected), "shares": parts.shares()}
    return found


def patching(parts: Loaded, folder: Path) -> dict[str, Any]:
    """A LoRA on a clone, with its weights loaded and not; the MODEL that it was cloned from stays what it was."""
    config, generator = parts.model.model.diffusion_model.config, torch.Generator().manual_seed(0)
    down, up = torch.randn(4, config.dim, generator=generator), torch.randn(config.ffn_dim, 4, generator=generator)
    name = "diffusion_model.blocks.0.ffn.0"
    (folder / "models" / "loras").mkdir(parents=True, exist_ok=True)
    file = folder / "models" / "loras" / "one.safetensors"
    save_file({f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up}, file)
    before = {key: weight.clone() for key, weight in parts.model.model.state_dict().items()}
    plain = parts.video()
    lora = {"lora_name": "one.safetensors", "strength_model": 1.0}
    (clone,) = parts.comfy.run("LoraLoaderModelOnly", model=parts.model, **lora)
    changed = parts.video(clone)
    with without_graphics_memory():
        streamed = parts.video(clone)
        plain_streamed = parts.video()
    after = parts.model.model.state_dict()
    return {
        "shared": clone.model is parts.model.model,
        "change": errors(changed, plain)["latents"],
        "streamed": errors(streamed, changed)["latents"],
        "original": errors(parts.video(), plain)["latents"],
        "original_streamed": errors(plain_streamed, plain)["latents"],
        "weights_restored": all(torch.equal(after[key], weight) for key, weight in before.items()),
    }


def precision(comfy: Comfy) -> dict[str, Any]:
    """Weights in 16 and 8 bits, arithmetic in float32: as if they had been rounded beforehand; loaded or not."""
    from comfy.cli_args import args

    found = {}
    for flag, dtype in (("bf16_unet", torch.bfloat16), ("fp8_e4m3fn_unet", torch.float8_e4m3fn)):
        reference = Loaded.bundled(comfy)
        for weight in reference.model.model.diffusion_model.parameters():
            weight.data = weight.to(dtype).float()
        setattr(args, flag, True)
        parts = Loaded.bundled(comfy)
        setattr(args, flag, False)
        expected = reference.video()
        kinds = {str(weight.dtype) for weight in parts.model.model.diffusion_model.parameters()}
        found[flag] = {"kinds": sorted(kinds), "loaded": errors(parts.video(), expected)["latents"]}
        with without_graphics_memory():
            found[flag]["streamed"] = errors(parts.video(), expected)["latents"]
    return found


def second_patcher(parts: Loaded) -> dict[str, Any]:
    """What the host asks for where it cannot use a clone."""
    factory, arguments = parts.model.cached_patcher_init
    other = factory(*arguments, disable_dynamic=True)
    return {
        "own_weights": other.model is not parts.model.model,
        "error": errors(parts.video(other), parts.video())["latents"],
    }


def devices(parts: Loaded) -> dict[str, list[str]]:
    """Where weights lie, on the CPU all or in part, and where the result is for inputs on the other device."""
    import comfy.ldm.modules.attention as attention
    from comfy.model_patcher import ModelPatcher

    attention.optimized_attention = attention.attention_pytorch  # what a CPU would use asks a graphics card for room
    dit, encoder, found = parts.model.model.diffusion_model, parts.clip.cond_stage_model.encoder, {}
    latents = torch.empty(2, dit.config.in_channels, 3, 4, 5, device=META)
    text, level = torch.empty(2, 6, dit.config.text_dim, device=META), torch.ones(2, device=META)
    for share in (0, 0.5):
        patcher = ModelPatcher(parts.model.model, load_device=META, offload_device=CPU)
        patcher.patch_model(device_to=META, lowvram_model_memory=1 + share * patcher.model_size())
        made = dit(latents, level, text, transformer_options={})
        found[f"model {share}"] = [*places(parts.model.model), "gives", made.device.type]
    ids = torch.ones(1, 6, dtype=torch.long, device=META)
    encoder.train()  # else it looks at the numbers, which this device has not
    found["clip"] = [*places(encoder), "gives", encoder(ids).device.type]
    for module in encoder.modules():
        module._forward_pre_hooks.clear()
    found["plain clip"] = [refusal(lambda: encoder(ids))]
    return found


def places(module: torch.nn.Module) -> list[str]:
    """Devices of its weights."""
    return sorted({weight.device.type for weight in module.parameters()})


def refusal(call: Any) -> str:
    """The error that a call ends with."""
    try:
        call()
    except RuntimeError as error:
        return type(error).__name__
    return "none"


def other_dtype(parts: Loaded) -> dict[str, Any]:
    """The VAE with weights in float64, which a convolution of float32 refuses where nothing casts them."""
    expected, coder = parts.video(), parts.vae.first_stage_model
    coder.double()
    with without_graphics_memory():
        made = parts.video()
    coder.float()
    plain, pixels = (
        parts.comfy.part("sora_core.models.wan.vae").VideoVAE(coder.vae.config).double(),
        torch.zeros(1, 3, 1, 32, 32),
    )
    return {"errors": errors(made, expected), "plain": refusal(lambda: plain.encode(pixels))}


def main(comfyui: str, pack: str, folder: Path) -> None:
    """All of it; `devices` last, since what has been on the other device has lost its numbers."""
    comfy = Comfy(comfyui, pack, folder)
    parts = Loaded.bundled(comfy)
    report = {
        "loading": loading(parts),
        "patching": patching(parts, folder),
        "precision": precision(comfy),
        "second_patcher": second_patcher(parts),
        "other_dtype": other_dtype(parts),
        "devices": devices(parts),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
