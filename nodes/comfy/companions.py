"""What nodes of ComfyUI have set on a MODEL, and which of our options cannot be used beside it.

Each would be off, or wrong, without a word. So they are refused before anything is loaded.
"""

from __future__ import annotations

from typing import Any

from ..host.job import SamplingJob
from .experts import experts_of
from .kinds import model_name
from .patcher import Patcher

CONTEXT_WINDOWS = "context_handler"  # keys in model_options
DIFFERENTIAL = "denoise_mask_function"
STEP_CACHE = "easycache"  # keys in transformer_options
SPEECH = "audio_embeds"
DIVIDES_SOUND = "map_context_window_to_modalities"  # method of classes that know which sound belongs to a window


def check_companions(model: Patcher, job: SamplingJob) -> None:
    """Raise ValueError where a job has an option that does not go with what is set on the MODEL."""
    experts = experts_of(model)
    for patcher in (model, experts.low) if experts else (model,):
        _check(patcher, job)


def noise_scale(model_sampling: Any) -> float:
    """How much noise a MODEL starts from: 1, or what the node ModelNoiseScale has set."""
    return float(getattr(model_sampling, "noise_scale", 1.0))


def _check(model: Patcher, job: SamplingJob) -> None:
    options, guided = job.options, job.options.history.scale != 1
    given = model.model_options.get("transformer_options", {})
    if options.windows is not None and CONTEXT_WINDOWS in model.model_options:
        raise ValueError(
            "got a MODEL with Context Windows and with Sora Windows or Sora Rolling Window, expected one of them: each "
            "divides the clip in its own way"
        )
    if job.sound is not None and CONTEXT_WINDOWS in model.model_options and not hasattr(model.model, DIVIDES_SOUND):
        raise ValueError(
            f"got a MODEL ({model_name(model)}) with Context Windows, which do not know how to divide its sound: "
            "remove that node"
        )
    if DIFFERENTIAL in model.model_options and bool((job.noise_level < 1).any()):
        raise ValueError(
            "got a MODEL with Differential Diffusion, which Sora Sampler does not follow: remove that node; a "
            "noise_mask between 0 and 1 works without it"
        )
    if SPEECH in given and job.windows() > 1:
        raise ValueError(
            "got a MODEL that speaks the sound of the whole clip (Wan InfiniteTalk), all of which each window would "
            "hear: sample it without Sora Windows"
        )
    if STEP_CACHE in given and (guided or options.step_cache):
        raise ValueError(
            "got a MODEL with EasyCache or LazyCache and with Sora History Guidance or Sora Step Cache, whose calls "
            "they would take for other steps: use Sora Step Cache alone"
        )
    scale = noise_scale(model.get_model_object("model_sampling"))
    if scale != 1 and (guided or job.draws_again()):
        raise ValueError(
            f"got a MODEL with a noise scale of {scale:g} (ModelNoiseScale), which does not work with windows, Sora "
            "Resample, Sora History Guidance or ancestral solvers: remove one of the two"
        )
