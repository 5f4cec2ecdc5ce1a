"""What core nodes put into a transformer works in ours as in the host's Wan of the same weights.

Run by ComfyUI's interpreter: `native_patches.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import host_files
import torch
from in_process import Comfy, largest

HOW = {"seed": 3, "steps": 3, "cfg": 2.5, "sampler_name": "euler", "scheduler": "simple", "denoise": 1.0}

COMPILED = {"available": True, "disabled": False, "capabilities": ["apply_rope1"]}
KERNELS = {
    "there": {},
    "turned off": {"disabled": True},
    "not built": {"available": False},
    "older": {"capabilities": []},
}


class Attentions:
    """A share of the host's attention, in its place; counts how often it is asked."""

    def __init__(self, share: float) -> None:
        self.share, self.calls = share, 0

    def __call__(self, usual: Any, *given: Any, **options: Any) -> torch.Tensor:
        self.calls += 1
        return self.share * usual(*given, **options)


def with_attention(model: Any, instead: Attentions) -> Any:
    """A clone whose attention is another."""
    clone = model.clone()
    clone.model_options["transformer_options"] = {
        **clone.model_options.get("transformer_options", {}),
        "optimized_attention_override": instead,
    }
    return clone


def rotation(pack: Comfy) -> dict[str, Any]:
    """The host's rotation beside ours in bfloat16, and which of them attention takes by the kernels that the host has.

    On a CPU the host's is no kernel, but it takes the same matrices.
    """
    import comfy.quant_ops

    kitchen, kernels = comfy.quant_ops.ck, pack.part("nodes.comfy.attention")
    layers = pack.part("sora_core.models.wan.dit.layers")
    x, places = torch.randn(2, 6, 3, 32).to(torch.bfloat16), 50 * torch.rand(6, 3)
    rope = layers.rotation_matrices(layers.rope_freqs(places, 32))
    ours, theirs = layers.apply_rope(x, rope).float(), kernels.rotate_by_kernel(x, rope).float()
    known, taken = kitchen.list_backends, {}
    for name, changed in KERNELS.items():
        kitchen.list_backends = lambda changed=changed: {"eager": known()["eager"], "cuda": COMPILED | changed}
        attention = layers.Attention(64, 2, 1e-6, ops=torch.nn)
        kernels.use_host_kernels(attention)
        taken[name] = attention.rotate.__name__
    kitchen.list_backends = known
    return {
        "apart": largest(ours, theirs) / ours.abs().max().item(),
        "change": largest(ours, x.float()),
        "taken": taken,
    }


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Differences of the latents in units of their spread."""
    comfy = Comfy(comfyui, pack, folder)
    family = host_files.load(comfy, folder, "wan_2_1")
    loaded = {"host": family.model, "ours": host_files.ours(comfy, folder, "wan_2_1")}
    models = {name: comfy.run("ModelSamplingSD3", model=model, shift=5.0)[0] for name, model in loaded.items()}
    latent = {"samples": torch.zeros(1, 16, 2, 4, 4)}
    texts = {"positive": family.text(1), "negative": family.text(2)}

    def sampled(model: Any) -> torch.Tensor:
        return comfy.run("KSampler", model=model, latent_image=latent, **HOW, **texts)[0]["samples"]

    plain = {name: sampled(model) for name, model in models.items()}
    spread = plain["host"].std().item()
    report: dict[str, Any] = {"plain": largest(plain["ours"], plain["host"]) / spread}
    for share in (1.0, 0.5):
        replaced = {name: Attentions(share) for name in models}
        made = {name: sampled(with_attention(model, replaced[name])) for name, model in models.items()}
        report[f"attention times {share}"] = {
            "apart": largest(made["ours"], made["host"]) / spread,
            "change": largest(made["ours"], plain["ours"]) / spread,
            "calls": [replaced[name].calls for name in models],
        }
    layers = {"double_layers": "1", "single_layers": "", "scale": 3.0, "start_percent": 0.0, "end_percent": 1.0}
    skipped = {
        name: sampled(comfy.run("SkipLayerGuidanceDiT", model=model, **layers, rescaling_scale=0.0)[0])
        for name, model in models.items()
    }
    report["layers skipped"] = {
        "apart": largest(skipped["ours"], skipped["host"]) / spread,
        "change": largest(skipped["ours"], plain["ours"]) / spread,
    }
    report["rotation"] = rotation(comfy)
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
