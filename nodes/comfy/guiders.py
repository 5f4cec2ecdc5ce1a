"""ComfyUI's guided model as a Guider of the core: its conditionings are processed for each window as for a clip.

What a window is told is then what ComfyUI's own sampler would tell a clip of that length with these known places.
"""

from __future__ import annotations

import inspect
from typing import Any

import comfy.model_patcher
import comfy.samplers
import torch

from ...sora_core.canvas.joint_canvas import RowCanvas
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.diffusion.guidance import Guider
from ...sora_core.diffusion.sampler import NoiseStream
from .timed_prompts import WindowPrompts
from .token_timesteps import TokenTimesteps, token_timesteps

SMALLEST_LEVEL = 1e-3  # the velocity divides by the noise level, which is 0 at the end of a Heun step
STEP_CACHE = "easycache"  # key of EasyCache and LazyCache in transformer_options
MASKS = ("denoise_mask", "audio_denoise_mask")  # ComfyUI's names of noise levels among the conditionings of a model
GUIDES = "keyframe_idxs"  # of LTX, whose transformer then reads a level per token
Conds = dict[str, list[dict[str, Any]]]


class ClipGuider(comfy.samplers.CFGGuider):
    """A CFGGuider that can process its conditionings again, for another clip. unprocessed: as they were before.

    prompts: those of stretches, or None.
    """

    unprocessed: Conds
    prompts: WindowPrompts | None = None

    def inner_sample(
        self,
        noise: Any,
        latent_image: Any,
        device: Any,
        sampler: Any,
        sigmas: Any,
        denoise_mask: Any,
        *rest: Any,
        **more: Any,
    ) -> torch.Tensor:
        """As CFGGuider's, with a denoise_mask of one channel: HunyuanVideo 1.5 and Kandinsky 5 take no other."""
        self.unprocessed = {name: [dict(cond) for cond in conds] for name, conds in self.conds.items()}
        one = None if denoise_mask is None else denoise_mask[:, :1]
        return super().inner_sample(noise, latent_image, device, sampler, sigmas, one, *rest, **more)

    def process_again(self, canvas: LatentCanvas, noise: torch.Tensor, seed: Any, span: range) -> None:
        """Process the conditionings for another clip, of which places with noise_level 0 are known.

        span: its latent frames on the whole canvas.
        """
        conds = {name: [dict(cond) for cond in conds] for name, conds in self.unprocessed.items()}
        if self.prompts is not None:
            sampled = (canvas.noise_level > 0).flatten(3).any(3).any(1).any(0).cpu()
            conds["positive"] = [self.prompts.within(cond, span, sampled) for cond in conds["positive"]]
        known, shapes = _told_of(canvas), [canvas.clean.shape]
        if isinstance(canvas, RowCanvas):
            shapes = [torch.Size(shape) for shape in canvas.packing.shapes]
            self.inner_model.latent_shapes = shapes
        arguments = {
            "latent_image": _for_host(canvas.clean),
            "denoise_mask": None if known is None else _for_host(known),
            "seed": seed,
            "latent_shapes": shapes,
        }
        taken = inspect.signature(comfy.samplers.process_conds).parameters  # latent_shapes came later
        given = {name: value for name, value in arguments.items() if name in taken}
        self.conds = comfy.samplers.process_conds(
            self.inner_model, _for_host(noise), conds, canvas.clean.device, **given
        )


class HostGuider:
    """A WindowGuider that calls ComfyUI's guided model, which returns a velocity or a clean estimate.

    extra_args: of the calls, with model_options. noise_scale: of the MODEL (ModelNoiseScale). windowed: whether there
    are windows, so that the conditionings of the whole clip are those of none. told: [B 1 1 1 N] levels as the host's
    sampler has them, where latents are frames and sound in a row; else None.
    """

    def __init__(
        self,
        model: ClipGuider,
        extra_args: dict[str, Any],
        per_token: TokenTimesteps | None,
        *,
        gives_velocity: bool,
        noise_scale: float = 1.0,
        windowed: bool = False,
        told: torch.Tensor | None = None,
    ) -> None:
        self.model, self.extra_args, self.per_token = model, extra_args, per_token
        self.gives_velocity, self.noise_scale, self.windowed = gives_velocity, noise_scale, windowed
        self.told, self.conds = told, Conds()

    def for_window(self, canvas: LatentCanvas, schedule: torch.Tensor, noises: NoiseStream, span: range) -> Guider:
        """See WindowGuider."""
        if self.windowed:
            self.model.process_again(canvas, noises.current, self.extra_args.get("seed"), span)
        if self.windowed and isinstance(canvas, RowCanvas):
            self.per_token = token_timesteps(self.model.inner_model, canvas.packing)
            self.told = _told_of(canvas)
        self.conds = self.model.conds
        if self.per_token is not None:
            self.conds = _without(self.conds, MASKS)  # a level per token takes their place
        options = comfy.model_patcher.create_model_options_clone(self.extra_args["model_options"])
        transformer_options = options["transformer_options"]
        transformer_options["sample_sigmas"] = schedule.flatten(1).amax(dim=1).to(canvas.clean.device)
        cache = transformer_options.get(STEP_CACHE)
        if self.windowed and cache is not None:  # what it knows of another window is of no use
            fresh = cache.clone().prepare_timesteps(self.model.inner_model.model_sampling)
            transformer_options[STEP_CACHE] = fresh
        self.extra_args["model_options"] = options
        return self

    def show(self, clean: torch.Tensor, noise: torch.Tensor, level: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
        """See WindowGuider: as the model's class has it, which may blend with the sample (MiniMax-H3)."""
        row, mask = _for_host, None if self.told is None else _for_host(self.told)
        shown = self.model.inner_model.scale_latent_inpaint(
            x=row(sample), sigma=level, noise=row(noise / self.noise_scale), latent_image=row(clean), denoise_mask=mask
        )
        return shown.reshape(clean.shape)

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """Velocity [B C T H W] at noise levels [B]; [B T] or [B N] for a MODEL that takes a timestep per token."""
        highest = noise_level if noise_level.ndim == 1 else noise_level.amax(dim=1)
        if self.per_token is not None:
            per_token = noise_level.ndim == 2 or _has(self.conds, GUIDES)
            levels = noise_level if noise_level.ndim == 2 else noise_level[:, None].expand(-1, latents.shape[2])
            told = self.per_token.conditions(levels, latents) if per_token else {}
            self.model.conds = _with(self.conds, told)
        sigma = highest.clamp(min=SMALLEST_LEVEL)  # [B]
        answer = self.model(_for_host(latents), sigma, **self.extra_args).reshape(latents.shape)
        return answer if self.gives_velocity else (latents - answer) / sigma.view(-1, 1, 1, 1, 1)


def _for_host(latents: torch.Tensor) -> torch.Tensor:
    """A row of frames and sound [B 1 1 1 N] as the host has it [B 1 N]; frames alone are the same there."""
    return latents.flatten(2) if latents.shape[1:4] == (1, 1, 1) else latents


def _told_of(canvas: LatentCanvas) -> torch.Tensor | None:
    """Levels of a canvas as the host's sampler has them: 0 known, 1 sampled; None if all is sampled."""
    sampled = canvas.noise_level > 0
    return None if bool(sampled.all()) else sampled.float()


def _has(conds: Conds, name: str) -> bool:
    return any(name in cond["model_conds"] for group in conds.values() for cond in group)


def _with(conds: Conds, more: dict[str, Any]) -> Conds:
    """The conditionings, each with more for the model."""
    return {
        name: [{**cond, "model_conds": {**cond["model_conds"], **more}} for cond in group]
        for name, group in conds.items()
    }


def _without(conds: Conds, unwanted: tuple[str, ...]) -> Conds:
    def left(cond: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in cond["model_conds"].items() if name not in unwanted}

    return {name: [{**cond, "model_conds": left(cond)} for cond in group] for name, group in conds.items()}
