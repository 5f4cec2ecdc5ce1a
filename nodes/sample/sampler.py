"""Sora Sampler: samples a canvas; a seed gives the same video in every host."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas.shapes import PatchSize
from ...sora_core.diffusion.options import SamplingOptions
from ...sora_core.diffusion.sampler import StepCallback
from ...sora_core.diffusion.solvers import SOLVERS, solver_named
from .. import host
from ..host.empty_prompt import negative_for
from ..host.job import ConcatFrames, Conditioning, SamplingJob
from ..host.notices import job_notices, share_notice, shift_notice
from ..host.time_left import sampling
from ..host.values import Model
from ..io.adapters import MADE_WITH, Latent, latent_noise_level, latent_places, latent_samples, latent_share
from ..io.schema import declare
from ..io.sound_latents import sound_stream
from ..io.told import outputs, tell
from ..io.window_hint import hinted_windows
from .ahead import check_ahead


class SoraSampler(io.ComfyNode):
    """Samples video latents on a canvas."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraSampler",
            "sample",
            display_name="Sora Sampler",
            description="Samples a video as the prompt says. It keeps the known parts of the latent and generates the "
            "rest.",
            search_aliases=["ksampler", "video sampler", "generate", "t2v", "txt2vid", "text to video"],
            inputs=[
                io.Model.Input(
                    "model",
                    tooltip="The diffusion transformer, from Sora Load Model or of any flow matching video model.",
                ),
                io.Conditioning.Input("positive", tooltip="What the video should show."),
                io.Latent.Input(
                    "latent", tooltip="The canvas, from Sora Video Grid or a node such as Sora Extend Video."
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=True,
                    tooltip="The same seed and settings give the same video.",
                ),
                io.Int.Input(
                    "steps",
                    default=25,
                    min=1,
                    max=1000,
                    tooltip="Number of sampling steps. More take longer and are more accurate.",
                ),
                io.Float.Input(
                    "guidance",
                    default=2.5,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    tooltip="Scale of classifier-free guidance (CFG): how closely to follow the prompt. 1 turns it "
                    "off, which is twice as fast.",
                ),
                io.Float.Input(
                    "shift",
                    default=3.0,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    advanced=True,
                    tooltip="Above 1, more of the steps are spent at high noise, on layout and motion, and fewer on "
                    "detail. 0 uses the MODEL's own shift, such as that of ModelSamplingSD3.",
                ),
                io.Conditioning.Input(
                    "negative",
                    optional=True,
                    tooltip="What to guide away from. Not connected: the empty prompt, for a positive from Sora Encode "
                    "Text; beside another positive, guidance is off.",
                ),
                io.Sigmas.Input(
                    "sigmas",
                    optional=True,
                    tooltip="The noise schedule, from a core scheduler or ManualSigmas; it replaces steps and shift. "
                    "Use it for few-step and distilled models, which have their own.",
                ),
                io.Combo.Input(
                    "solver",
                    options=list(SOLVERS),
                    default="euler",
                    optional=True,
                    advanced=True,
                    tooltip="The solver. unipc, dpmpp_2m and res_multistep need fewer steps than euler; heun calls "
                    "the model twice per step; euler_ancestral adds fresh noise in each step.",
                ),
            ],
            outputs=[io.Latent.Output(display_name="latent", tooltip="The sampled video latents, for a decoder.")],
            hidden=[io.Hidden.unique_id, io.Hidden.prompt],
        )

    @classmethod
    def execute(
        cls,
        model: Model,
        positive: Conditioning,
        latent: Latent,
        seed: int,
        steps: int,
        guidance: float,
        shift: float,
        negative: Conditioning | None = None,
        sigmas: torch.Tensor | None = None,
        solver: str = "euler",
    ) -> Any:
        unguided = ""
        if negative is None:
            negative, guidance, unguided = negative_for(positive, guidance)
        here, levels = host.current(), None if sigmas is None else tuple(sigmas.tolist())
        own, carried = here.shift(model), here.sampling_options(model)
        chosen = replace(carried, steps=steps, guidance=guidance, shift=shift or own.value, sigmas=levels)
        options = replace(chosen, solver=solver_named(solver))
        job, about_sound = here.with_sound(model, _job(positive, negative, latent, seed, options))
        check_ahead(cls.hidden.prompt, cls.hidden.unique_id, latent, job)
        here.check_loras(model, cls.hidden.prompt, cls.hidden.unique_id)
        patch, concat = here.timestep_patch(model), here.concat_frames(model)
        job.check_windows(patch, concat)
        job, at_once = _in_windows(job, latent, patch, concat)
        overridden = shift_notice(own, shift) if levels is None else ""
        more = overridden, share_notice(job, latent_share(latent)), about_sound, at_once, unguided
        tell(cls, (*job_notices(job, patch, concat, here.trained_on(model)), *more))
        samples = here.sample(model, job, _show_progress(model, options.total_steps, job.windows()))
        return outputs(cls, {**latent, "samples": samples})


def _job(
    positive: Conditioning, negative: Conditioning, latent: Latent, seed: int, options: SamplingOptions
) -> SamplingJob:
    """A job of a LATENT, with its sound if it holds any."""
    job = SamplingJob(positive, negative, latent_samples(latent), latent_noise_level(latent), seed, options)
    made_with = latent.get(MADE_WITH)
    job = replace(job, places=latent_places(latent), sound=sound_stream(latent), latent_space=made_with)
    return job.blended(latent_share(latent))


def _in_windows(
    job: SamplingJob, latent: Latent, patch: PatchSize | None, concat: ConcatFrames | None
) -> tuple[SamplingJob, str]:
    """The job in windows where its latent is longer than its model sees; or the notice why it is not."""
    windows = hinted_windows(latent)
    if windows is None or job.options.windows is not None or job.sound is not None or job.share is not None:
        return job, ""
    divided = replace(job, options=replace(job.options, windows=windows))
    try:
        divided.check_windows(patch, concat)
    except ValueError:
        return job, "Longer than in training, but this MODEL takes no windows."
    return divided, ""


def _show_progress(model: Model, steps: int, windows: int) -> StepCallback:
    whole = steps * windows
    progress = host.current().progress(whole, sampling(windows))
    previewer = host.current().previewer(model)

    def on_step(done: int, total: int, estimate: torch.Tensor) -> None:
        preview = None if previewer is None else partial(previewer, estimate)
        progress.update(min(whole, whole * done // total), preview)  # a job skips idle steps, and resampling adds some

    return on_step
