"""Sora Windows, Sora Rolling Window: how Sora Sampler walks a canvas longer than the model can see at once."""

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
        tooltip=f"Finished latent frames that a window is shown of what came before it; {LATENT_FRAME}.",
    )


def _noise_input() -> Any:
    return io.Float.Input(
        "noise",
        default=0.0,
        min=0.0,
        max=0.5,
        step=0.01,
        tooltip="How noisy the window is shown what came before, so that small errors do not add up. The finished "
        "frames themselves stay clean. Only for models that take a noise level for each frame.",
    )


def _with_windows(model: Model, windows: SlidingWindow | RollingWindow) -> Any:
    options = replace(host.current().sampling_options(model), windows=windows)
    return io.NodeOutput(host.current().with_sampling_options(model, options))


class SoraWindows(io.ComfyNode):
    """MODEL in, the same MODEL that is sampled window after window out."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraWindows",
            display_name="Sora Windows",
            description="Lets Sora Sampler make a video of any length, window after window: each goes on from the end "
            "of the one before. For any text-to-video model.",
            search_aliases=["long video", "context windows", "chained", "sliding window", "minutes"],
            inputs=[
                model_input(),
                _context_input(),
                io.Int.Input(
                    "new",
                    default=4,
                    min=1,
                    max=MOST,
                    tooltip="Latent frames that each window adds. With the context they should be no more than the "
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
    """MODEL in, the same MODEL that is sampled by a window that moves on frame by frame out."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraRollingWindow",
            display_name="Sora Rolling Window",
            description="Lets Sora Sampler make a video of any length with a window that moves on by a latent frame at "
            "a time, in which noise rises from nearly done to all new. For models with a noise level for each frame.",
            search_aliases=["long video", "rolling diffusion", "diffusion forcing", "sliding window"],
            inputs=[
                model_input(),
                _context_input(),
                io.Int.Input(
                    "active",
                    default=5,
                    min=1,
                    max=MOST,
                    tooltip="Latent frames that are worked on at once. More take longer and agree better.",
                ),
                _noise_input(),
            ],
            outputs=[model_output()],
        )

    @classmethod
    def execute(cls, model: Model, context: int, active: int, noise: float) -> Any:
        return _with_windows(model, RollingWindow(context, active, noise))
