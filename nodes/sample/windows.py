"""Sora Windows, Sora Rolling Window: sample a canvas that is longer than the model can see at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from comfy_api.latest import io

from ...sora_core.diffusion.windows import RollingWindow, SlidingWindow
from .. import host
from ..host.values import Model
from ..io.schema import declare
from ..io.sockets import model_input, model_output

MOST = 1000  # latent frames
LATENT_FRAME = "a latent frame is 4 frames of the bundled model and of Wan"


def _context_input() -> Any:
    return io.Int.Input(
        "context",
        default=3,
        min=1,
        max=MOST,
        tooltip=f"Finished latent frames before each window that the model sees; {LATENT_FRAME}.",
    )


def _noise_input() -> Any:
    return io.Float.Input(
        "noise",
        default=0.0,
        min=0.0,
        max=0.5,
        step=0.01,
        advanced=True,
        tooltip="Noise level at which the model sees the context, so that small errors do not add up. The finished "
        "frames stay clean. Values above 0 need a model that takes a timestep per token.",
    )


def _with_windows(model: Model, windows: SlidingWindow | RollingWindow) -> Any:
    options = replace(host.current().sampling_options(model), windows=windows)
    return io.NodeOutput(host.current().with_sampling_options(model, options))


class SoraWindows(io.ComfyNode):
    """Sets a sliding window on a MODEL."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraWindows",
            "sample",
            display_name="Sora Windows",
            description="Makes Sora Sampler sample a video of any length in a sliding window: each window goes on from "
            "the end of the one before. For any text-to-video model.",
            search_aliases=["long video", "context windows", "chained", "sliding window", "minutes"],
            inputs=[
                model_input(),
                _context_input(),
                io.Int.Input(
                    "new",
                    default=4,
                    min=1,
                    max=MOST,
                    tooltip="Latent frames that each window adds. Context and new together should be at most what the "
                    "model was trained on: 13 for the bundled one, 21 for Wan 2.1.",
                ),
                _noise_input(),
            ],
            outputs=[model_output()],
        )

    @classmethod
    def execute(cls, model: Model, context: int, new: int, noise: float) -> Any:
        return _with_windows(model, SlidingWindow(context, new, noise))


class SoraRollingWindow(io.ComfyNode):
    """Sets a rolling window on a MODEL."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraRollingWindow",
            "sample",
            display_name="Sora Rolling Window",
            description="Makes Sora Sampler sample a video of any length in a rolling window: it moves on one latent "
            "frame at a time, and noise rises from its first frame to its last. For models that take a timestep per "
            "token.",
            search_aliases=["long video", "rolling diffusion", "diffusion forcing", "sliding window"],
            inputs=[
                model_input(),
                _context_input(),
                io.Int.Input(
                    "active",
                    default=5,
                    min=1,
                    max=MOST,
                    tooltip="Latent frames that are denoised at once. More take longer and agree better.",
                ),
                _noise_input(),
            ],
            outputs=[model_output()],
        )

    @classmethod
    def execute(cls, model: Model, context: int, active: int, noise: float) -> Any:
        return _with_windows(model, RollingWindow(context, active, noise))
