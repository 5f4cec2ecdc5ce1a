"""Notices about a sampling job: what the user should know before it runs."""

from __future__ import annotations

from typing import NamedTuple

import torch

from ...sora_core.canvas.shapes import LatentShape, PatchSize
from ...sora_core.diffusion.schedule import has_known_parts
from ...sora_core.models.trained_on import UNKNOWN, TrainedOn
from .job import ConcatFrames, SamplingJob

PER_TOKEN = "per token: this MODEL takes a timestep for each"
BY_REPLACEMENT = "by replacement: this MODEL takes one timestep for the clip"
NOTHING_KNOWN = "the noise level of this canvas is the same everywhere"


class Shift(NamedTuple):
    """The shift of a MODEL. from_node: whether a node such as ModelSamplingSD3 set it."""

    value: float
    from_node: bool


def shift_notice(own: Shift, given: float) -> str:
    """The notice that Sora Sampler's shift overrides one that was set on the MODEL; "" where it does not."""
    if given == 0 or not own.from_node or own.value == given:
        return ""
    return (
        f"The shift of {given:g} of Sora Sampler overrides the {own.value:g} that was set on the MODEL; set it to 0 to "
        "use the MODEL's."
    )


def share_notice(job: SamplingJob, share: torch.Tensor | None) -> str:
    """The notice that a job reads a share (see adapters.latent_share) as noise levels; "" where it blends by it."""
    if share is None or job.share is not None:
        return ""
    return (
        "In windows a noise_mask between 0 and 1 is the noise level to start from; ComfyUI's samplers blend with the "
        "latents instead."
    )


def job_notices(
    job: SamplingJob,
    patch: PatchSize | None,
    concat: ConcatFrames | None = None,
    trained_on: TrainedOn = UNKNOWN,
) -> list[str]:
    """All notices of a job. patch: of a MODEL that takes a timestep per token, else None. trained_on: of the MODEL."""
    shape, at_once = LatentShape(*job.latents.shape[1:]), job.frames_at_once()
    return [
        text
        for text in (
            "Positive and negative prompt are the same: guidance has no effect." if job.is_unprompted() else "",
            _missing_image(job, concat),
            *trained_on.clip_notices(shape, frames_at_once=at_once),
            f"The {job.latents.shape[2]} latent frames are sampled in {job.windows()} windows."
            if job.windows() > 1
            else "",
            *_known_parts(job, patch),
            _unread_places(job),
        )
        if text
    ]


def _missing_image(job: SamplingJob, concat: ConcatFrames | None) -> str:
    if concat is None or not concat.needed or any(concat.name in entry[1] for entry in job.positive):
        return ""
    lacks, node = "is image-to-video and gets no image", "Wan Image To Video"
    if concat.is_control:
        lacks, node = "follows a control video and gets none", "Wan Fun Control To Video"
    return f"This MODEL {lacks}: connect {node}'s positive and negative to the sampler, or use a text-to-video model."


def _known_parts(job: SamplingJob, patch: PatchSize | None) -> list[str]:
    """Notices on how known parts are kept, and on options that have no effect on this canvas."""
    options, known = job.options, has_known_parts(job.noise_level) or job.windows() > 1
    guided = options.history.scale != 1
    no_effect = _why_no_history_guidance(job, patch) if guided else ""
    notices = []
    if known:
        times = f"{options.resampling} more time{'s' if options.resampling > 1 else ''}"
        again = f"; each part of the schedule but the first is sampled {times}" if options.resampling else ""
        followed = f"; history guidance is {options.history.scale:g}" if guided and not no_effect else ""
        way = BY_REPLACEMENT if patch is None else PER_TOKEN
        notices.append(f"Known parts are kept {way}{again}{followed}.")
    elif options.resampling:
        notices.append(f"Sora Resample has no effect: {NOTHING_KNOWN}.")
    if no_effect:
        notices.append(f"Sora History Guidance has no effect: {no_effect}.")
    return notices


def _why_no_history_guidance(job: SamplingJob, patch: PatchSize | None) -> str:
    """Why history guidance has no effect on this canvas with this MODEL; "" where it has one."""
    above, highest = job.options.history.above, job.noise_level.max().item()
    if job.windows() == 1 and not has_known_parts(job.noise_level):
        return NOTHING_KNOWN
    if patch is None:
        return "the model takes one timestep for the clip"
    if job.windows() == 1 and not bool((job.noise_level == 0).any()):
        return "no part of this canvas has noise level 0"
    return f"this canvas begins at a noise level of {highest:g}, below {above:g}" if highest < above else ""


def _unread_places(job: SamplingJob) -> str:
    if job.places in (None, tuple(range(len(job.latents)))) or not job.draws_again():
        return ""
    return (
        "The batch_index of the latent is ignored: windows, Sora Resample and ancestral solvers draw noise more than "
        "once."
    )
