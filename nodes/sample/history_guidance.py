"""Sora History Guidance: guidance by the known frames for Sora Sampler; the option travels with the MODEL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from comfy_api.latest import io

from ...sora_core.diffusion.history import NO_HISTORY_GUIDANCE, HistoryGuidance
from .. import host
from ..host.values import Model
from ..io.schema import declare
from ..io.sockets import model_input, model_output


class SoraHistoryGuidance(io.ComfyNode):
    """MODEL in, the same MODEL that follows what is known more closely out."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraHistoryGuidance",
            display_name="Sora History Guidance",
            description="Lets Sora Sampler follow the known parts of the video more closely, so that sizes and motion "
            "go on as they were, extension after extension. For models with a noise level for each patch.",
            search_aliases=["history guidance", "drift", "consistency", "extend", "long video"],
            inputs=[
                model_input(),
                io.Float.Input(
                    "scale",
                    default=1.5,
                    min=0.0,
                    max=10.0,
                    step=0.1,
                    tooltip="How far to follow what is known. 1 is off; much above 2 contrast rises.",
                ),
                io.Float.Input(
                    "above",
                    default=0.9,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="The noise level down to which it works, where layout and motion are settled. Its steps "
                    "take twice as long: at 0.9 a quarter of them with a shift of 3, half with 8. 0 is all steps.",
                ),
            ],
            outputs=[model_output()],
        )

    @classmethod
    def execute(cls, model: Model, scale: float, above: float) -> Any:
        history = HistoryGuidance(scale, above)
        options = replace(
            host.current().sampling_options(model), history=NO_HISTORY_GUIDANCE if scale == 1 else history
        )
        return io.NodeOutput(host.current().with_sampling_options(model, options))
