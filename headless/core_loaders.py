"""ComfyUI's core node that loads a LoRA, with its name, inputs and result (0.33)."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

from ..nodes import host
from ..sora_core.checkpoint.lora import Lora, apply_loras
from .comfy_api_standin import ComfyNode, NodeOutput, Schema, io
from .host import HeadlessHost, HeadlessModel


class LoraLoaderModelOnly(ComfyNode):
    """Merges a LoRA into a copy of a MODEL's weights."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "LoraLoaderModelOnly",
            display_name="Load LoRA",
            category="loaders",
            inputs=[
                io.Model.Input("model"),
                io.String.Input("lora_name"),
                io.Float.Input("strength_model", default=1.0, min=-100.0, max=100.0, step=0.01),
            ],
            outputs=[io.Model.Output()],
        )

    @classmethod
    def fingerprint_inputs(cls, lora_name: str, **_: float) -> float:
        path = _lora(lora_name)
        return path.stat().st_mtime if path.is_file() else 0.0

    @classmethod
    def execute(cls, model: HeadlessModel, lora_name: str, strength_model: float) -> NodeOutput:
        if strength_model == 0:
            return NodeOutput(model)
        dit = copy.deepcopy(model.dit)
        apply_loras(dit, [Lora(_lora(lora_name), strength_model)])
        return NodeOutput(replace(model, dit=dit))


def _lora(name: str) -> Path:
    """Return the path of a LoRA file by its name in the host's folders."""
    here = host.current()
    assert isinstance(here, HeadlessHost)
    return here.lora_path(name)


LOADER_NODES: tuple[type[ComfyNode], ...] = (LoraLoaderModelOnly,)
