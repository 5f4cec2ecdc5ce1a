"""Sora Two Experts: the two MODELs of Wan 2.2 A14B as one, so that it goes wherever a MODEL goes."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.diffusion.options import SamplingOptions
from .. import host
from ..host.values import Model
from ..io.schema import declare


class SoraTwoExperts(io.ComfyNode):
    """Two MODELs in, one out."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraTwoExperts",
            display_name="Sora Two Experts",
            description="Joins the two models of Wan 2.2 A14B: one draws while the video is noisy, the other finishes "
            "it. What comes out works as one model in Sora Sampler and in core samplers.",
            search_aliases=["wan 2.2", "a14b", "high noise", "low noise", "mixture of experts", "boundary"],
            inputs=[
                io.Model.Input(
                    "high_noise",
                    tooltip="The model whose file has high_noise in its name. Its shift is that of core samplers.",
                ),
                io.Model.Input("low_noise", tooltip="The model whose file has low_noise in its name."),
                io.Float.Input(
                    "boundary",
                    default=0.875,
                    min=0.001,
                    max=0.999,
                    step=0.001,
                    tooltip="The noise level from which the high-noise model draws; below it the other does. Published "
                    "are 0.875 for text to video and 0.9 for image to video.",
                ),
            ],
            outputs=[
                io.Model.Output(
                    display_name="model",
                    tooltip="Both as one. Each is loaded when its turn comes: they need not fit at once.",
                )
            ],
        )

    @classmethod
    def execute(cls, high_noise: Model, low_noise: Model, boundary: float) -> Any:
        kept, lost = (host.current().sampling_options(model) for model in (high_noise, low_noise))
        if lost not in (SamplingOptions(), kept):
            raise ValueError(
                "got a low_noise MODEL from Sora Resample, Sora History Guidance, Sora Windows or Sora Rolling Window: "
                "put these on the MODEL that comes out of Sora Two Experts"
            )
        return io.NodeOutput(host.current().two_experts(high_noise, low_noise, boundary))
