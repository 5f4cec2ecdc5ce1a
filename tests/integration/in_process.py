"""ComfyUI inside the process of a program that its interpreter runs: on the CPU, with the pack, its nodes by name.

For what a server cannot be asked for: MODELs of a few weights, results as tensors, and looks behind the sockets.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

PACK_NAME = "sora_pack"
EXTRAS = (
    "nodes_custom_sampler",
    "nodes_model_advanced",
    "nodes_wan",
    "nodes_lt",
    "nodes_easycache",
    "nodes_slg",
    "nodes_context_windows",
    "nodes_differential_diffusion",
    "nodes_audio",
    "nodes_lt_audio",
    "nodes_minimax_h3",
    "nodes_video",
)


class Comfy:
    """Nodes of the host and of the pack. said: what ours have told the user."""

    def __init__(self, comfyui: str, pack: str, folder: Path) -> None:
        sys.path.insert(0, comfyui)
        arguments = importlib.import_module("comfy.cli_args").args
        importlib.import_module("utils.install_util")  # the host's, not a library's module of that name
        arguments.cpu, arguments.base_directory = True, os.fspath(folder)
        self.core = importlib.import_module("nodes")
        self.said: list[str] = []
        spec = importlib.util.spec_from_file_location(
            PACK_NAME, f"{pack}/__init__.py", submodule_search_locations=[pack]
        )
        sys.modules[PACK_NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[PACK_NAME])
        extension = asyncio.run(sys.modules[PACK_NAME].comfy_entrypoint())
        ours = asyncio.run(extension.get_node_list())
        host = self.part("nodes.host").current()
        host.notify = lambda node_id, text: self.said.append(self.short(text))
        self.ours = {node.GET_SCHEMA().node_id: node for node in ours}
        logging.disable(logging.WARNING)

    def short(self, text: str) -> str:
        """A notice, which must be read at a glance."""
        assert 0 < len(text) < 60, text
        return text

    def part(self, name: str) -> ModuleType:
        """A module of the pack."""
        return importlib.import_module(f"{PACK_NAME}.{name}")

    def run(self, name: str, **inputs: Any) -> tuple[Any, ...]:
        """Outputs of a node of ours or of the host; of a list with one value, that value."""
        if name in self.ours:
            values = self.ours[name].PREPARE_CLASS_CLONE(None).execute(**inputs).args
            pairs = zip(values, self.ours[name].GET_SCHEMA().outputs, strict=True)
            return tuple(value[0] if output.is_output_list and len(value) == 1 else value for value, output in pairs)
        if name in self.core.NODE_CLASS_MAPPINGS:
            node = self.core.NODE_CLASS_MAPPINGS[name]
            return getattr(node(), node.FUNCTION)(**inputs)
        modules = (importlib.import_module(f"comfy_extras.{module}") for module in EXTRAS)
        node = next(found for module in modules if (found := getattr(module, name, None)))
        if hasattr(node, "execute"):
            return node.execute(**inputs).args
        return getattr(node(), node.FUNCTION)(**inputs)

    def error(self, name: str, **inputs: Any) -> str:
        """What a node says that cannot work with these inputs."""
        try:
            self.run(name, **inputs)
        except ValueError as error:
            return str(error)
        raise AssertionError(f"{name} took what it should have refused")


def randomised(module: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """The module with random weights of a scale that keeps activations near 1; gates and biases are not neutral."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in module.state_dict().items():
        noise = torch.randn(weight.shape, generator=generator)
        is_scale = name.endswith("gamma") or ("norm" in name and name.endswith("weight"))
        spread = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.1
        weight.copy_(1 + 0.1 * noise if is_scale else spread * noise)
    return module


def largest(one: torch.Tensor, other: torch.Tensor) -> float:
    """Largest difference, infinite where the shapes differ."""
    return (one - other).abs().max().item() if one.shape == other.shape else float("inf")
