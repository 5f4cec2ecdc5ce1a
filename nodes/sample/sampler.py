"""Sora Sampler: fills the canvas. The same loop, noise and schedule in every host, so a seed gives the same video."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from comfy_api.latest import io

from .. import host
from ..host.job import Conditioning, OnEstimate, SamplingJob
from ..io.adapters import Latent, latent_noise_level, latent_places, latent_samples
from ..io.preview import estimate_frame
from ..io.schema import declare


class SoraSampler(io.ComfyNode):
    """Canvas in, video latents out."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraSampler",
            display_name="Sora Sampler",
            description="Invents what the latent leaves open, step by step, as the prompt says.",
            search_aliases=["ksampler", "video sampler", "generate", "text to video"],
            inputs=[
                io.Model.Input(
                    "model", tooltip="The diffusion transformer: Sora Load Model's, or any flow video model."
                ),
                io.Conditioning.Input("positive", tooltip="What the video should show."),
                io.Conditioning.Input("negative", tooltip="What to steer away from; an empty prompt is a good start."),
                io.Latent.Input("latent", tooltip="The canvas, from Sora Video Grid."),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=True,
                    tooltip="The same seed and settings give the same video.",
                ),
                io.Int.Input(
                    "steps", default=25, min=1, max=1000, tooltip="More steps take longer and follow the path closer."
                ),
                io.Float.Input(
                    "guidance",
                    default=2.5,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    tooltip="How strongly the prompt is followed. 1 is without guidance and twice as fast.",
                ),
                io.Float.Input(
                    "shift",
                    default=3.0,
                    min=0.01,
                    max=100.0,
                    step=0.1,
                    tooltip="Above 1 more of the steps are spent on layout and motion, fewer on detail.",
                ),
            ],
            outputs=[io.Latent.Output(display_name="latent", tooltip="The finished video, for a decoder.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        model: Any,
        positive: Conditioning,
        negative: Conditioning,
        latent: Latent,
        seed: int,
        steps: int,
        guidance: float,
        shift: float,
    ) -> Any:
        clean, noise_level = latent_samples(latent), latent_noise_level(latent)
        places = latent_places(latent)
        job = SamplingJob(positive, negative, clean, noise_level, seed, steps, guidance, shift, places)
        holding, beside = host.current().holding(model), host.current().frames_beside(model)
        job.check_windows(holding, beside)
        if notices := job.notices(holding, beside):
            host.current().notify(cls.hidden.unique_id, " ".join(notices))
        samples = host.current().sample(model, job, _show_progress(model, job.steps))
        return io.NodeOutput({**latent, "samples": samples})


def _show_progress(model: Any, steps: int) -> OnEstimate:
    progress = host.current().progress(steps)
    colours = host.current().preview_colours(model)

    def on_estimate(done: int, total: int, estimate: torch.Tensor) -> None:
        preview = None if colours is None else partial(estimate_frame, estimate, colours)
        progress.update(steps * done // total, preview)  # idle steps are left out, jumps add some

    return on_estimate
