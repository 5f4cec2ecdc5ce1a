"""ComfyUI's core nodes for noise schedules that shared graphs need, with its names (0.33)."""

from __future__ import annotations

import re
from dataclasses import replace

import torch

from ..nodes.host.notices import Shift
from .comfy_api_standin import ComfyNode, NodeOutput, Schema, io
from .host import HeadlessModel

NUMBER = re.compile(r"[-+]?(?:\d*\.*\d+)")


class ManualSigmas(ComfyNode):
    """Reads noise levels from the numbers in a text."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "ManualSigmas",
            category="model/sampling/sigmas",
            inputs=[io.String.Input("sigmas", default="1, 0.5", multiline=False)],
            outputs=[io.Sigmas.Output()],
        )

    @classmethod
    def execute(cls, sigmas: str) -> NodeOutput:
        return NodeOutput(torch.tensor([float(number) for number in NUMBER.findall(sigmas)]))


class ModelSamplingSD3(ComfyNode):
    """Sets the shift of a MODEL."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "ModelSamplingSD3",
            category="model/patch/stable diffusion",
            inputs=[
                io.Model.Input("model"),
                io.Float.Input("shift", default=3.0, min=0.0, max=100.0, step=0.01),
            ],
            outputs=[io.Model.Output()],
        )

    @classmethod
    def execute(cls, model: HeadlessModel, shift: float) -> NodeOutput:
        return NodeOutput(replace(model, shift=Shift(shift, from_node=True)))


SAMPLING_NODES: tuple[type[ComfyNode], ...] = (ManualSigmas, ModelSamplingSD3)
