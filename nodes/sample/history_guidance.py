"""Sora History Guidance: sets history guidance for Sora Sampler (https://arxiv.org/abs/2502.06764)."""

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
    """Sets history guidance on a MODEL."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraHistoryGuidance",
            "sample",
            display_name="Sora History Guidance",
            description="Guides Sora Sampler away from a prediction in which the known frames are as noisy as the "
            "rest. The video follows its known frames more closely and drifts less over many extensions. For models "
            "that take a timestep per token.",
            search_aliases=["history guidance", "drift", "consistency", "extend", "long video"],
            inputs=[
                model_input(),
                io.Float.Input(
                    "scale",
                    default=1.5,
                    min=0.0,
                    max=10.0,
                    step=0.1,
                    tooltip="Scale of the guidance; 1 turns it off. Values much above 2 raise the contrast.",
                ),
                io.Float.Input(
                    "above",
                    default=0.9,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    advanced=True,
                    tooltip="Guides only the steps above this noise level, which decide layout and motion; 0 guides "
                    "every step. A guided step takes twice as long: at 0.9, a quarter of the steps with shift 3, half "
                    "with shift 8.",
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
