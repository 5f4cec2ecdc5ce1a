"""Sora Resample: RePaint resampling for Sora Sampler; the option travels with the MODEL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from comfy_api.latest import io

from .. import host
from ..host.values import Model
from ..io.schema import declare
from ..io.sockets import model_input, model_output


class SoraResample(io.ComfyNode):
    """MODEL in, the same MODEL with resampling jumps out."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraResample",
            display_name="Sora Resample",
            description="Lets Sora Sampler go back and forth through its steps, so that what it invents agrees better "
            "with the known parts of the video (RePaint). For models that take one noise level for the whole clip.",
            search_aliases=["repaint", "resampling", "jumps", "inpaint", "seam"],
            inputs=[
                model_input(),
                io.Int.Input(
                    "jumps",
                    default=2,
                    min=0,
                    max=10,
                    tooltip="How often each part of the schedule but the first is gone through again. 0 is off; each "
                    "jump takes nearly as long as sampling without any.",
                ),
            ],
            outputs=[model_output()],
        )

    @classmethod
    def execute(cls, model: Model, jumps: int) -> Any:
        options = replace(host.current().sampling_options(model), resampling=jumps)
        return io.NodeOutput(host.current().with_sampling_options(model, options))
