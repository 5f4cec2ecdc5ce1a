"""Runs a SamplingJob on any of ComfyUI's MODELs: its CFGGuider, with all patches, in our sampling loop."""

from __future__ import annotations

import copy
import importlib
import math
from itertools import chain
from typing import Any

import comfy.model_base
import comfy.model_management
import comfy.model_sampling
import comfy.patcher_extension
import comfy.samplers
import torch

from ...sora_core.canvas.shapes import PatchSize
from ...sora_core.diffusion.options import SamplingOptions
from ...sora_core.diffusion.sampler import StepCallback
from ..host.job import ConcatFrames, SamplingJob
from ..host.notices import Shift
from ..host.timed_prompts import timed_prompts
from .belonging import check_belonging
from .companions import check_companions, noise_scale
from .experts import experts_of, options_of
from .guiders import ClipGuider, HostGuider
from .kinds import Kind, check_video_flow, model_name
from .model import SoraModel
from .patcher import Patcher
from .sounds import frame_channels
from .timed_prompts import WindowPrompts, check_timed_prompts
from .token_timesteps import token_timesteps

PREDICT_NOISE = comfy.patcher_extension.WrappersMP.PREDICT_NOISE
OPTIONS = "sora_sampling_options"  # key in transformer_options, which carry the options to Sora Sampler


class VelocityFlow(comfy.model_sampling.CONST):
    """A flow model_sampling that returns the velocity of the model; ComfyUI's converts it to a clean estimate.

    Converting it back would lose the last bits, and frames would no longer be equal in every host.
    """

    def calculate_denoised(self, sigma: Any, model_output: torch.Tensor, model_input: torch.Tensor) -> torch.Tensor:
        """The velocity [B C T H W], unchanged."""
        return model_output


class JobSampler(comfy.samplers.Sampler):
    """A job as ComfyUI's Sampler."""

    def __init__(self, job: SamplingJob, on_step: StepCallback) -> None:
        self.job = job
        self.on_step = on_step

    def sample(
        self,
        model_wrap: Any,
        sigmas: torch.Tensor,
        extra_args: dict[str, Any],
        callback: Any,
        noise: torch.Tensor,
        latent_image: torch.Tensor,
        *_: Any,
        **__: Any,
    ) -> torch.Tensor:
        """Run the job; CFGGuider calls this with the model loaded, and latent_image normalised and on the device.

        Frames and sound together are one row of places [B 1 N], for the core [B 1 1 1 N].

        noise: the job's, or what Context Windows has made of it (FreeNoise).
        """
        model = model_wrap.inner_model
        packing = self.job.packing()
        per_token, scale = token_timesteps(model, packing), noise_scale(model.model_sampling)
        if per_token is not None:
            extra_args = {**extra_args, "model_options": per_token.options(extra_args["model_options"])}
        guider = HostGuider(
            model_wrap,
            extra_args,
            per_token,
            gives_velocity=isinstance(model.model_sampling, VelocityFlow),
            noise_scale=scale,
            windowed=self.job.windows() > 1,
            told=self._told(latent_image.device),
        )
        patch = None if per_token is None else per_token.patch
        if packing is None:
            return self.job.run(guider, latent_image, patch, self.on_step, scale * noise)
        clean, first = latent_image[:, :, None, None], scale * noise[:, :, None, None]
        shapes = getattr(model, "latent_shapes", None)
        try:
            return self.job.run(guider, clean, patch, self.on_step, first).flatten(2)
        finally:
            if shapes is not None:
                model.latent_shapes = shapes  # a window has others

    def _told(self, device: torch.device) -> torch.Tensor | None:
        """Levels of frames and sound in a row, as the host's sampler has them; None for frames alone."""
        packing, levels = self.job.packing(), self.job.stream_levels()
        return None if packing is None or levels is None else packing.pack(levels).to(device)


def sample_natively(model: Patcher, job: SamplingJob, on_step: StepCallback) -> Any:
    """Latents [B C T H W] as the VAE takes them, nested with their sound, on ComfyUI's device for such results.

    Raises ValueError for a MODEL that is no flow model of videos, and for latents or texts of another model.
    """
    check_video_flow(model)
    job.check_channels(frame_channels(model), model_name(model))
    check_belonging(model, job)
    check_companions(model, job)
    prompts = timed_prompts(job.positive, job.latents.shape[2])
    if prompts is not None:
        check_timed_prompts(model, job, prompts)
    shown = None if prompts is None else WindowPrompts(prompts, model)
    guided = _velocity_model(model if shown is None or shown.frames is None else shown.frames.patched(model))
    guider = ClipGuider(_within(job.frames_at_once(), job.latents.shape[2], guided))
    guider.prompts = shown
    guider.set_conds(job.positive if shown is None else shown.conditioning(), job.negative)
    guider.set_cfg(job.options.guidance)
    sampler, sigmas, levels = JobSampler(job, on_step), job.options.levels(), job.stream_levels()
    noise, latents = nested(job.noises()), nested([stream.latents for stream in job.streams])
    known = None if levels is None else nested(levels)
    samples = guider.sample(noise, latents, sampler, sigmas, known, callback=None, disable_pbar=True, seed=job.seed)
    return samples.to(comfy.model_management.intermediate_device())


def nested(streams: list[torch.Tensor]) -> Any:
    """See Host; one stream alone is not nested."""
    if len(streams) == 1:
        return streams[0]
    return importlib.import_module("comfy.nested_tensor").NestedTensor(streams)  # later than our oldest ComfyUI


def timestep_patch(model: Patcher) -> PatchSize | None:
    """See Host."""
    per_token = token_timesteps(model.model)
    return None if per_token is None else per_token.patch


def sampling_options(model: Patcher) -> SamplingOptions:
    """See Host."""
    return model.model_options.get("transformer_options", {}).get(OPTIONS, SamplingOptions())


def with_sampling_options(model: Patcher, options: SamplingOptions) -> Patcher:
    """See Host."""
    clone = model.clone()
    clone.model_options = _with_transformer_option(clone.model_options, OPTIONS, options)
    return clone


def shift_of(model: Patcher) -> Shift:
    """See Host. ModelSamplingFlux has the logarithm of the shift."""
    sampling = model.get_model_object("model_sampling")
    value = getattr(sampling, "shift", 1.0)
    if isinstance(sampling, comfy.model_sampling.ModelSamplingFlux):
        value = math.exp(value)
    return Shift(float(value), from_node="model_sampling" in model.object_patches)


def concat_frames(model: Patcher) -> ConcatFrames | None:
    """See Host. Wan and our models take frames where they have more channels than their latents; VACE always does.

    Raises ValueError for a MODEL that is no flow model of videos.
    """
    check_video_flow(model)
    base, family = model.model, comfy.model_base
    if isinstance(base, family.WAN21_Vace):
        return ConcatFrames("vace_frames", needed=False)
    if isinstance(base, family.WAN21) and (kind := Kind.of(model)).in_channels > kind.latent_channels:
        needed = type(base) in (family.WAN21, SoraModel)  # other control models do not need them
        has_mask = (kind.in_channels - kind.latent_channels) % kind.latent_channels > 0  # of the frames that are given
        is_control = needed and not base.image_to_video and not has_mask
        return ConcatFrames("concat_latent_image", needed, is_control=is_control)
    return ConcatFrames("concat_latent_image", needed=False) if base.concat_keys else None


def _velocity_model(model: Patcher) -> Patcher:
    """A clone of one of our MODELs that returns velocities; others, and those with patched guidance, unchanged.

    Patches of the guidance, such as RescaleCFG, expect clean estimates; so do wrappers around it, such as LazyCache.
    """
    experts = experts_of(model)
    both = [experts.own, options_of(experts.low)] if experts else []  # so that the two return the same
    options = [options_of(model), *both]
    patched = any(key.startswith(("sampler_", "model_function_wrapper")) for key in chain.from_iterable(options))
    patched |= any(one["transformer_options"]["wrappers"].get(PREDICT_NOISE) for one in options)
    if patched or not isinstance(model.model, SoraModel):
        return model
    flow = copy.copy(model.get_model_object("model_sampling"))  # keep the shift that a node may have set
    flow.__class__ = type("VelocityFlow", (VelocityFlow, type(flow)), {})
    clone = model.clone()
    clone.add_object_patch("model_sampling", flow)
    return clone


def _within(frames: int, total: int, model: Patcher) -> Patcher:
    """A clone of a MODEL for which ComfyUI reserves memory for `frames` of `total` latent frames."""

    def prepare(executor: Any, patcher: Any, shape: Any, *rest: Any, **named: Any) -> Any:
        batch, channels, length, *grid = shape  # length: latent frames, or places of frames and sound in a row
        return executor(patcher, [batch, channels, -(-length * frames // total), *grid], *rest, **named)

    clone = model.clone()
    clone.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREPARE_SAMPLING, OPTIONS, prepare)
    return clone


def _with_transformer_option(model_options: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """A copy of the options of a MODEL with one more in transformer_options."""
    transformer_options = {**model_options.get("transformer_options", {}), name: value}
    return {**model_options, "transformer_options": transformer_options}
