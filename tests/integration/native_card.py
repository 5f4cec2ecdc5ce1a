"""Our nodes in ComfyUI on a pretended graphics card, with all weights on it and with a part of them, beside the CPU.

Run by ComfyUI's interpreter, whose torch may be built for CUDA: `native_card.py COMFYUI PACK FOLDER`. Prints how far
each result is from that of the CPU, in units of its spread, as JSON; "none" where torch is built for CPUs alone.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import host_files
import torch
from in_process import Comfy, largest
from pretended_device import CARD, PretendedCard

HOW = {"seed": 1, "steps": 4, "guidance": 2.0, "shift": 3.0}
FRAMES, FPS = 25, 8.0
PLENTY = 8 * 2**30

Work = Callable[[], torch.Tensor]


class Card:
    """The host's way to its device, turned to the pretended one. free: bytes that it says it has."""

    def __init__(self) -> None:
        import comfy.model_management

        self.host, self.free = comfy.model_management, PLENTY
        torch.__future__.set_overwrite_module_params_on_conversion(True)  # Module.to may change the class of weights

    @contextlib.contextmanager
    def there(self, free: int) -> Iterator[PretendedCard]:
        """All that is loaded from now on goes to the card."""
        self.free = free
        answers = {
            "get_torch_device": lambda: CARD,
            "vae_device": lambda: CARD,
            "get_free_memory": self._memory,
            "get_total_memory": self._memory,
            "cuda_device_context": lambda device: contextlib.nullcontext(),
            "soft_empty_cache": lambda force=False: None,
            "get_offload_stream": lambda device: None,
            "is_device_cuda": lambda device: False,
            "should_use_fp16": lambda *_, **__: False,
            "should_use_bf16": lambda *_, **__: False,
        }
        before = {name: getattr(self.host, name) for name in answers}
        for name, answer in answers.items():
            setattr(self.host, name, answer)
        try:
            with PretendedCard() as card:
                yield card
                self.host.unload_all_models()
        finally:
            for name, answer in before.items():
                setattr(self.host, name, answer)

    def _memory(self, device: Any = None, torch_free_too: bool = False, torch_total_too: bool = False) -> Any:
        free = PLENTY if device is not None and torch.device(device).type == "cpu" else self.free
        return (free, free) if torch_free_too or torch_total_too else free


class Bench:
    """One family of small random weights. All is loaded where it is asked for, by our loader's way and by core's."""

    def __init__(self, comfy: Comfy, folder: Path, name: str) -> None:
        self.comfy, self.folder, self.name = comfy, folder, name
        family = host_files.load(comfy, folder, name)
        self.text, self.size, self.file = family.text, family.size, f"{name}_0.safetensors"
        side = family.size
        clip = torch.rand(FRAMES, side, side, 3, generator=torch.Generator().manual_seed(3))
        region = torch.zeros(1, side, side)
        region[:, :, side // 2 :] = 1
        common = {"vae": family.vae, "fps": FPS, "size": side}
        run = comfy.run
        self.clip = clip
        self.canvases = {
            "animate": run("SoraAnimateImage", image=clip[:1], seconds=2.0, **common)[0],
            "inpaint": run("SoraInpaintVideo", source=clip, region=region, **common)[0],
            "morph": run("SoraMorphVideos", first=clip, second=clip.flip(0), strength=0.7, **common)[0],
        }

    def core_model(self) -> Any:
        return self.comfy.run("UNETLoader", unet_name=self.file, weight_dtype="default")[0]

    def core_vae(self) -> Any:
        return self.comfy.run("VAELoader", vae_name=self.file)[0]

    def our_vae(self) -> Any:
        checkpoint, native = self.comfy.part("sora_core.checkpoint"), self.comfy.part("nodes.comfy.vae")
        return native.NativeVAE(checkpoint.load_vae(self.folder / "models" / "vae" / self.file))

    def our_model(self) -> Any:
        return host_files.ours(self.comfy, self.folder, self.name)

    def experts(self) -> Any:
        pair = {"high_noise": self.our_model(), "low_noise": self.our_model(), "boundary": 0.8}
        return self.comfy.run("SoraTwoExperts", **pair)[0]

    def in_windows(self) -> Any:
        return self.comfy.run("SoraWindows", model=self.our_model(), context=2, new=2, noise=0.0)[0]

    def sampled(self, model: Callable[[], Any], canvas: str) -> Work:
        texts = {"positive": self.text(1), "negative": self.text(2)}
        given = {"latent": self.canvases[canvas], **texts, **HOW}
        return lambda: self.comfy.run("SoraSampler", model=model(), **given)[0]["samples"]

    def decoded(self, vae: Callable[[], Any]) -> Work:
        samples = {"samples": self.canvases["animate"]["samples"]}
        return lambda: self.comfy.run("SoraVAEDecode", samples=samples, vae=vae())[0]

    def encoded(self, vae: Callable[[], Any]) -> Work:
        return lambda: self.comfy.part("nodes.host").current().encode(vae(), self.clip)

    def works(self) -> dict[str, Work]:
        """All, by name."""
        models = {"ours": self.our_model, "core's": self.core_model}
        found = {f"{who} {what}": self.sampled(model, what) for who, model in models.items() for what in self.canvases}
        for who, vae in {"our": self.our_vae, "core's": self.core_vae}.items():
            found |= {f"{who} decoder": self.decoded(vae), f"{who} encoder": self.encoded(vae)}
        more = {"experts": self.experts, "windows": self.in_windows}
        return found | {name: self.sampled(model, "animate") for name, model in more.items()}


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Each on the CPU, on a card with plenty of memory, and on one with hardly any."""
    if not torch.version.cuda:
        print(json.dumps("none"))
        return
    comfy, report = Comfy(comfyui, pack, folder), {}
    card = Card()
    for family in ("wan_2_1", "wan_2_2"):
        for name, work in Bench(comfy, folder, family).works().items():
            expected = work()
            found = report[f"{family}: {name}"] = {}
            for way, free in {"all": PLENTY, "part": 0}.items():
                with card.there(free) as pretended:
                    error = largest(work().cpu(), expected) / expected.std().item()
                found[way] = {"error": error, "computed": pretended.computed}
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
