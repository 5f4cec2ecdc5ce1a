"""Each kind of LoRA through ComfyUI's own loader, beside ours in the same weights.

Run by ComfyUI's interpreter: `lora_parity.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import host_files
import torch
from in_process import Comfy, largest
from safetensors.torch import save_file

LAYERS = {"blocks.0.self_attn.q": (128, 128), "blocks.1.ffn.0": (96, 128), "blocks.1.ffn.2": (128, 96)}
RANK = 4


def plain(rows: int, columns: int) -> dict[str, torch.Tensor]:
    return {"lora_A.weight": random(RANK, columns), "lora_B.weight": random(rows, RANK), "alpha": torch.tensor(3.0)}


def loha(rows: int, columns: int) -> dict[str, torch.Tensor]:
    halves = {f"hada_w{n}_a": random(rows, RANK) for n in (1, 2)} | {
        f"hada_w{n}_b": random(RANK, columns) for n in (1, 2)
    }
    return halves | {"alpha": torch.tensor(3.0)}


def lokr(rows: int, columns: int) -> dict[str, torch.Tensor]:
    halves = {"lokr_w2_a": random(rows // 8, RANK), "lokr_w2_b": random(RANK, columns // 4)}
    return {"lokr_w1": random(8, 4), "alpha": torch.tensor(3.0), **halves}


def random(*shape: int) -> torch.Tensor:
    return 0.3 * torch.randn(*shape)


def dora(product: Any, shape: Any) -> Any:
    return lambda rows, columns: {**product(rows, columns), "dora_scale": 0.5 + torch.rand(shape(rows, columns))}


def of_rows(rows: int, columns: int) -> tuple[int, int]:
    return rows, 1


def of_columns(rows: int, columns: int) -> tuple[int, int]:
    return 1, columns


KINDS = {
    "LoRA": plain,
    "LoHa": loha,
    "LoKr": lokr,
    "DoRA of rows": dora(plain, of_rows),
    "DoRA of columns": dora(plain, of_columns),
    "DoRA of one dimension": dora(plain, lambda rows, columns: (columns,)),
    "LoHa with DoRA": dora(loha, of_rows),
    "LoKr with DoRA": dora(lokr, of_columns),
}


def by_the_host(comfy: Comfy, model: Any, name: str, strength: float) -> dict[str, torch.Tensor]:
    """The layers' weights with what the host's loader put on the model."""
    import comfy.lora as host_lora

    (patched,) = comfy.run("LoraLoaderModelOnly", model=model, lora_name=name, strength_model=strength)
    weights = model.model.diffusion_model.state_dict()
    return {
        layer: host_lora.calculate_weight(
            patched.patches[f"diffusion_model.{layer}.weight"], weights[f"{layer}.weight"].float().clone(), layer
        )
        for layer in LAYERS
    }


def main(comfyui: str, pack: str, folder: str) -> dict[str, Any]:
    torch.manual_seed(0)
    comfy, base = Comfy(comfyui, pack, Path(folder)), Path(folder)
    with torch.inference_mode():
        model = host_files.load(comfy, base, "wan_2_1").model
    checkpoint, lora = comfy.part("sora_core.checkpoint"), comfy.part("sora_core.checkpoint.lora")
    loras = base / "models" / "loras"
    loras.mkdir(parents=True)
    found = {}
    for number, (kind, make) in enumerate(KINDS.items()):
        tensors = {
            f"diffusion_model.{layer}.{part}": tensor
            for layer, shape in LAYERS.items()
            for part, tensor in make(*shape).items()
        }
        file = loras / f"{number}.safetensors"
        save_file(tensors, file)
        for strength in (1.0, 0.6):
            theirs = by_the_host(comfy, model, file.name, strength)
            dit = checkpoint.load_dit(base / "models" / "diffusion_models" / "wan_2_1_0.safetensors")
            before = {layer: dit.state_dict()[f"{layer}.weight"].clone() for layer in LAYERS}
            lora.apply_lora(dit, file, strength=strength)
            ours = {layer: dit.state_dict()[f"{layer}.weight"] for layer in LAYERS}
            found[f"{kind} at {strength:g}"] = {
                "apart": max(largest(ours[layer], theirs[layer]) for layer in LAYERS),
                "change": min(largest(ours[layer], before[layer]) for layer in LAYERS),
            }
    return found


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
