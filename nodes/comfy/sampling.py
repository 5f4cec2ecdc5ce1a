"""Runs a SamplingJob on any of ComfyUI's MODELs: the host's guider, with all that is patched into it, in our loop."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
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
from ..host.job import FramesBeside, SamplingJob
from ..host.notices import Shift
from .experts import experts_of
from .kinds import Kind, check_video_flow, model_name
from .levels import LevelsPerPatch, levels_of
from .model import SoraModel
from .patcher import Patcher

OPTIONS = "sora_sampling_options"  # in transformer_options, so that the MODEL carries them to Sora Sampler
SMALLEST_LEVEL = 1e-3  # velocity is a quotient by the level; at 0 (the end of a Heun step) take the one just before


class VelocityFlow(comfy.model_sampling.CONST):
    """A flow model_sampling that hands the model's velocity through, where the host's turns it into a clean estimate.

    There and back costs the last bits, and with it the equality of frames between hosts.
    """

    def calculate_denoised(self, sigma: Any, model_output: torch.Tensor, model_input: torch.Tensor) -> torch.Tensor:
        """The velocity [B C T H W] as it is."""
        return model_output


@dataclass(frozen=True)
class HostGuider:
    """A Guider of ours over the host's guided model, which answers with a velocity or a clean estimate."""

    predict: Any  # (x, sigma [B], model_options=..., seed=...)
    extra_args: dict[str, Any]
    gives_velocity: bool
    per_patch: LevelsPerPatch | None

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """Velocity [B C T H W] at levels [B], and with a MODEL that takes a level per patch [B T] or [B N]."""
        extra = dict(self.extra_args)
        if noise_level.ndim == 2:
            assert self.per_patch is not None
            extra["model_options"] = self.per_patch.show(extra["model_options"], noise_level, latents)
            noise_level = noise_level.amax(dim=1)
        sigma = noise_level.clamp(min=SMALLEST_LEVEL)  # [B]
        answer = self.predict(latents, sigma, **extra)
        return answer if self.gives_velocity else (latents - answer) / sigma.view(-1, 1, 1, 1, 1)


class JobSampler(comfy.samplers.Sampler):
    """The host's Sampler interface around a job."""

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
        """Called by CFGGuider with the model loaded; latent_image is normalised and on the device."""
        model = model_wrap.inner_model
        gives_velocity = isinstance(model.model_sampling, VelocityFlow)
        per_patch = levels_of(model)
        guider = HostGuider(model_wrap, extra_args, gives_velocity, per_patch)
        return self.job.run(guider, latent_image, None if per_patch is None else per_patch.patch, self.on_step)


def sample_natively(model: Patcher, job: SamplingJob, on_step: StepCallback) -> torch.Tensor:
    """Latents [B C T H W] as the VAE takes them, on the host's device for intermediate results.

    Raises ValueError for a MODEL that is no flow model of videos, and for latents or texts that are not made for it.
    """
    check_video_flow(model)
    job.check_channels(model.get_model_object("latent_format").latent_channels, model_name(model))
    width = getattr(model.model.diffusion_model, "text_dim", None)
    if width and isinstance(
        model.model, comfy.model_base.WAN21
    ):  # ours too; in other families it may mean another width
        job.check_text(width, model_name(model))
    guider = comfy.samplers.CFGGuider(_within(job.frames_at_once(), _velocity_model(model)))
    guider.set_conds(job.positive, job.negative)
    guider.set_cfg(job.options.guidance)
    sampler, sigmas = JobSampler(job, on_step), job.options.levels()
    samples = guider.sample(job.noise(), job.latents, sampler, sigmas, callback=None, disable_pbar=True, seed=job.seed)
    return samples.to(comfy.model_management.intermediate_device())


def timestep_patch(model: Patcher) -> PatchSize | None:
    """See Host."""
    per_patch = levels_of(model.model)
    return None if per_patch is None else per_patch.patch


def sampling_options(model: Patcher) -> SamplingOptions:
    """See Host."""
    return model.model_options.get("transformer_options", {}).get(OPTIONS, SamplingOptions())


def with_sampling_options(model: Patcher, options: SamplingOptions) -> Patcher:
    """See Host."""
    clone = model.clone()
    clone.model_options = _with_transformer_option(clone.model_options, OPTIONS, options)
    return clone


def shift_of(model: Patcher) -> Shift:
    """See Host. Flux's flow has the logarithm of the shift in its place."""
    sampling = model.get_model_object("model_sampling")
    value = getattr(sampling, "shift", 1.0)
    if isinstance(sampling, comfy.model_sampling.ModelSamplingFlux):
        value = math.exp(value)
    return Shift(float(value), from_node="model_sampling" in model.object_patches)


def frames_beside(model: Patcher) -> FramesBeside | None:
    """Of a MODEL that goes on from an image: of the host's Wan and ours by the channels that it takes; and of VACE.

    Raises ValueError for a MODEL that is no flow model of videos.
    """
    check_video_flow(model)
    base, family = model.model, comfy.model_base
    if isinstance(base, family.WAN21_Vace):
        return FramesBeside("vace_frames", needed=False)
    if isinstance(base, family.WAN21) and (kind := Kind.of(model)).in_channels > kind.latent_channels:
        return FramesBeside("concat_latent_image", needed=type(base) in (family.WAN21, SoraModel))  # not of controls
    return FramesBeside("concat_latent_image", needed=False) if base.concat_keys else None


def _velocity_model(model: Patcher) -> Patcher:
    """A clone of one of our MODELs that gives velocities; others, and those with patched guidance, as they are.

    What is patched into guidance (RescaleCFG and its like) reckons with clean estimates.
    """
    experts = experts_of(model)
    options = [model.model_options, *([experts.low.model_options] if experts else [])]  # both give the same, or neither
    patched = any(key.startswith(("sampler_", "model_function_wrapper")) for key in chain.from_iterable(options))
    if patched or not isinstance(model.model, SoraModel):
        return model
    flow = copy.copy(model.get_model_object("model_sampling"))  # keep the shift that a node may have set
    flow.__class__ = type("VelocityFlow", (VelocityFlow, type(flow)), {})
    clone = model.clone()
    clone.add_object_patch("model_sampling", flow)
    return clone


def _within(frames: int, model: Patcher) -> Patcher:
    """A clone of a MODEL for which the host sets memory aside for this many latent frames, however long the clip is."""

    def prepare(executor: Any, patcher: Any, shape: Any, *rest: Any, **named: Any) -> Any:
        batch, channels, time, *grid = shape
        return executor(patcher, [batch, channels, min(time, frames), *grid], *rest, **named)

    clone = model.clone()
    clone.add_wrapper_with_key(comfy.patcher_extension.WrappersMP.PREPARE_SAMPLING, OPTIONS, prepare)
    return clone


def _with_transformer_option(model_options: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Options of a MODEL with one more for its transformer."""
    transformer_options = {**model_options.get("transformer_options", {}), name: value}
    return {**model_options, "transformer_options": transformer_options}
