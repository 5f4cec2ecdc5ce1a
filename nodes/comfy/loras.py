"""LoRAs that ComfyUI's loaders have put on a MODEL of another kind: they change nothing, of which only the log says.

A MODEL does not say which files its patches are of. So the graph is asked, which has the loaders and their files, and
the files' headers are compared with the MODEL's weights; no weight is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import comfy.lora
import comfy.lora_convert
import folder_paths
import torch

from ...sora_core.tensors.safetensors_file import read_header
from .kinds import model_name
from .patcher import Patcher

LOADERS = ("LoraLoader", "LoraLoaderModelOnly")
MODEL_INPUTS = ("model", "high_noise", "low_noise")
FOLDER = "loras"  # ComfyUI's name of its folders
Graph = Mapping[str, Any]  # node id -> {"class_type", "inputs"}, as in API format


def check_loras(model: Patcher, graph: Graph | None, node_id: str | None) -> None:
    """Raise ValueError for a LoRA above a node of a graph that changes no weight of a MODEL, with both names."""
    names = [*dict.fromkeys(_loras_above(graph, node_id))] if graph and node_id else []
    for name in names:
        path = folder_paths.get_full_path(FOLDER, name)
        if path is None or not path.endswith(".safetensors"):
            continue
        weights = _weights_of(path)
        fitting, patched = _fitting(model, weights)
        if not fitting:
            why = "whose layers have other sizes" if patched else f"of whose {len(weights)} weights none is its own"
            raise ValueError(
                f"got the LoRA {name} on this MODEL ({model_name(model)}), {why}, expected one that was made for it: "
                "choose another file in its loader, or bypass that node"
            )


def _loras_above(graph: Graph, node_id: str) -> Iterator[str]:
    """Files of the LoRA loaders from which a node's MODEL comes."""
    inputs = graph.get(node_id, {}).get("inputs", {})
    for name in MODEL_INPUTS:
        link = inputs.get(name)
        if not isinstance(link, list):
            continue
        above = graph.get(str(link[0]), {})
        given = above.get("inputs", {})
        is_loader = above.get("class_type") in LOADERS and given.get("strength_model") != 0
        if is_loader and isinstance(given.get("lora_name"), str):
            yield given["lora_name"]
        yield from _loras_above(graph, str(link[0]))


def _weights_of(path: str) -> dict[str, torch.Tensor]:
    """The weights of a file, without their values."""
    return {
        name: torch.ones(shape) if math.prod(shape) == 1 else torch.empty(shape, device="meta")
        for name, shape in read_header(path).shapes.items()
    }


def _fitting(model: Patcher, weights: dict[str, torch.Tensor]) -> tuple[int, int]:
    """How many weights of a MODEL a LoRA changes, and how many it has layers for; what is not known here fits."""
    own, known = model.model.state_dict(), comfy.lora.model_lora_keys_unet(model.model, {})
    patches = comfy.lora.load_lora(comfy.lora_convert.convert_lora(dict(weights)), known, log_missing=False)
    return sum(_fits(patch, own.get(key)) for key, patch in patches.items()), len(patches)


def _fits(patch: Any, weight: torch.Tensor | None) -> bool:
    """Whether a product of two layers has the size of a weight; quantised ones may be packed, None is a part of one."""
    if getattr(patch, "name", "") != "lora" or weight is None or not weight.is_floating_point():
        return True
    up, down, *_ = patch.weights
    return bool(up.shape[0] * down[0].numel() == weight.numel())
