"""Sora Resample: sets RePaint resampling for Sora Sampler (https://arxiv.org/abs/2201.09865)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from comfy_api.latest import io

from .. import host
from ..host.values import Model
from ..io.schema import declare
from ..io.sockets import model_input, model_output


class SoraResample(io.ComfyNode):
    """Sets RePaint resampling on a MODEL."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraResample",
            "sample",
            display_name="Sora Resample",
            description="Makes Sora Sampler repeat parts of its noise schedule (RePaint resampling), so that new parts "
            "of the video agree better with the known ones. For models that take one timestep for the whole clip.",
            search_aliases=["repaint", "resampling", "jumps", "inpaint", "seam"],
            inputs=[
                model_input(),
                io.Int.Input(
                    "jumps",
                    default=2,
                    min=0,
                    max=10,
                    tooltip="How often to repeat each part of the noise schedule but the first; 0 turns it off. Each "
                    "repeat adds nearly the time of sampling once.",
                ),
            ],
            outputs=[model_output()],
        )

    @classmethod
    def execute(cls, model: Model, jumps: int) -> Any:
        options = replace(host.current().sampling_options(model), resampling=jumps)
        return io.NodeOutput(host.current().with_sampling_options(model, options))
