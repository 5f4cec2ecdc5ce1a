"""Sora Two Experts: joins the two MODELs of Wan 2.2 A14B into one that any sampler takes."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.diffusion.options import SamplingOptions
from .. import host
from ..host.values import Model
from ..io.schema import declare


class SoraTwoExperts(io.ComfyNode):
    """Joins two MODELs into one."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraTwoExperts",
            "load",
            display_name="Sora Two Experts",
            description="Joins the two models of Wan 2.2 A14B into one: the first samples at high noise, the second at "
            "low noise. The result works in Sora Sampler and in core samplers.",
            search_aliases=["wan", "wan 2.2", "a14b", "high noise", "low noise", "mixture of experts", "boundary"],
            inputs=[
                io.Model.Input(
                    "high_noise",
                    tooltip="The model whose file has high_noise in its name. Core samplers use its shift.",
                ),
                io.Model.Input("low_noise", tooltip="The model whose file has low_noise in its name."),
                io.Float.Input(
                    "boundary",
                    default=0.875,
                    min=0.001,
                    max=0.999,
                    step=0.001,
                    tooltip="The noise level at which sampling switches models: high_noise runs at and above it, "
                    "low_noise below. Wan 2.2 uses 0.875 for text to video and 0.9 for image to video.",
                ),
            ],
            outputs=[
                io.Model.Output(
                    display_name="model",
                    tooltip="Both models as one. Each is loaded when needed: both need not fit into memory at once.",
                )
            ],
        )

    @classmethod
    def execute(cls, high_noise: Model, low_noise: Model, boundary: float) -> Any:
        kept, lost = (host.current().sampling_options(model) for model in (high_noise, low_noise))
        if lost not in (SamplingOptions(), kept):
            raise ValueError(
                "got a low_noise MODEL from Sora Resample, Sora History Guidance, Sora Windows or Sora Rolling Window: "
                "connect these after Sora Two Experts"
            )
        return io.NodeOutput(host.current().two_experts(high_noise, low_noise, boundary))
