"""ComfyUI's core mask nodes that shared graphs need, with its names, inputs and results (0.33)."""

from __future__ import annotations

import operator
from collections.abc import Callable

import torch

from .comfy_api_standin import ComfyNode, NodeOutput, Schema, io

MAX_SIZE = 16384


def _on_bits(combine: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Callable[..., torch.Tensor]:
    return lambda old, new: combine(old.round().bool(), new.round().bool()).float()


OPERATIONS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "multiply": operator.mul,
    "add": operator.add,
    "subtract": operator.sub,
    "and": _on_bits(torch.logical_and),
    "or": _on_bits(torch.logical_or),
    "xor": _on_bits(torch.logical_xor),
}


class SolidMask(ComfyNode):
    """Makes a mask of one value."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "SolidMask",
            display_name="Create Solid Mask",
            category="image/mask",
            inputs=[
                io.Float.Input("value", default=1.0, min=0.0, max=1.0, step=0.01),
                io.Int.Input("width", default=512, min=1, max=MAX_SIZE, step=1),
                io.Int.Input("height", default=512, min=1, max=MAX_SIZE, step=1),
            ],
            outputs=[io.Mask.Output()],
        )

    @classmethod
    def execute(cls, value: float, width: int, height: int) -> NodeOutput:
        return NodeOutput(torch.full((1, height, width), value))


class MaskComposite(ComfyNode):
    """Combines a mask with a part of another."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "MaskComposite",
            display_name="Combine Masks",
            category="image/mask",
            inputs=[
                io.Mask.Input("destination"),
                io.Mask.Input("source"),
                io.Int.Input("x", default=0, min=0, max=MAX_SIZE, step=1),
                io.Int.Input("y", default=0, min=0, max=MAX_SIZE, step=1),
                io.Combo.Input("operation", options=list(OPERATIONS)),
            ],
            outputs=[io.Mask.Output()],
        )

    @classmethod
    def execute(cls, destination: torch.Tensor, source: torch.Tensor, x: int, y: int, operation: str) -> NodeOutput:
        whole = destination.reshape(-1, *destination.shape[-2:]).clone()
        part = source.reshape(-1, *source.shape[-2:])[:, : max(0, whole.shape[1] - y), : max(0, whole.shape[2] - x)]
        region = (slice(None), slice(y, y + part.shape[1]), slice(x, x + part.shape[2]))
        whole[region] = OPERATIONS[operation](whole[region], part)
        return NodeOutput(whole.clamp(0, 1))


MASK_NODES: tuple[type[ComfyNode], ...] = (SolidMask, MaskComposite)
