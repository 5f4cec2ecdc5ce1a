"""Sora Step Cache: makes Sora Sampler skip model calls where the velocity would hardly change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from comfy_api.latest import io

from .. import host
from ..host.values import Model
from ..io.schema import declare
from ..io.sockets import model_input, model_output


class SoraStepCache(io.ComfyNode):
    """Sets step caching on a MODEL."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraStepCache",
            "sample",
            display_name="Sora Step Cache",
            description="Makes Sora Sampler skip model calls that would change little, as EasyCache does. Sampling is "
            "faster, and the video differs slightly.",
            search_aliases=["easycache", "teacache", "step caching", "faster", "speed"],
            inputs=[
                model_input(),
                io.Float.Input(
                    "tolerance",
                    default=0.1,
                    min=0.0,
                    max=0.99,
                    step=0.01,
                    tooltip="Skips model calls while the relative change of the velocity stays below this; 0 turns it "
                    "off. At 0.1 sampling takes about two thirds of the time.",
                ),
            ],
            outputs=[model_output()],
        )

    @classmethod
    def execute(cls, model: Model, tolerance: float) -> Any:
        options = replace(host.current().sampling_options(model), step_cache=tolerance)
        return io.NodeOutput(host.current().with_sampling_options(model, options))
