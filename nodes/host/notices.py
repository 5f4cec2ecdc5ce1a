"""Notices about a sampling job: what the user should know before it runs."""

from __future__ import annotations

from typing import NamedTuple

import torch

from ...sora_core.canvas.shapes import LatentShape, PatchSize
from ...sora_core.diffusion.schedule import has_known_parts
from ...sora_core.models.trained_on import UNKNOWN, TrainedOn
from .job import ConcatFrames, SamplingJob

LONGEST = 59  # letters of a notice: it is read at a glance


class Shift(NamedTuple):
    """The shift of a MODEL. from_node: whether a node such as ModelSamplingSD3 set it."""

    value: float
    from_node: bool


def shift_notice(own: Shift, given: float) -> str:
    """The notice that Sora Sampler's shift overrides one that was set on the MODEL; "" where it does not."""
    if given == 0 or not own.from_node or own.value == given:
        return ""
    return f"Shift {given:.4g} replaces the {own.value:.4g} of the MODEL; 0 keeps it."


def share_notice(job: SamplingJob, share: torch.Tensor | None) -> str:
    """The notice that a job reads a share (see adapters.latent_share) as noise levels; "" where it blends by it."""
    if share is None or job.share is not None:
        return ""
    return "In windows a noise_mask of 0 to 1 is where sampling starts."


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
            "Positive and negative are equal: guidance does nothing." if job.is_unprompted() else "",
            _missing_image(job, concat),
            *trained_on.clip_notices(shape, frames_at_once=at_once),
            f"Sampled in {job.windows()} windows." if job.windows() > 1 else "",
            *_without_effect(job, patch),
            _unread_places(job),
        )
        if text
    ]


def _missing_image(job: SamplingJob, concat: ConcatFrames | None) -> str:
    if concat is None or not concat.needed or any(concat.name in entry[1] for entry in job.positive):
        return ""
    if concat.is_control:
        return "No control video: connect Wan Fun Control To Video."
    return "This MODEL needs an image: connect Wan Image To Video."


def _without_effect(job: SamplingJob, patch: PatchSize | None) -> list[str]:
    """Notices on options that have no effect on this canvas."""
    options, notices = job.options, []
    if options.resampling and not has_known_parts(job.noise_level) and job.windows() == 1:
        notices.append("Sora Resample does nothing: no part is known.")
    if options.history.scale != 1 and (why := _why_no_history_guidance(job, patch)):
        notices.append(f"History guidance does nothing: {why}.")
    return notices


def _why_no_history_guidance(job: SamplingJob, patch: PatchSize | None) -> str:
    """Why history guidance has no effect on this canvas with this MODEL; "" where it has one."""
    above, highest = job.options.history.above, job.noise_level.max().item()
    if job.windows() == 1 and not has_known_parts(job.noise_level):
        return "no part is known"
    if patch is None:
        return "one timestep per clip"
    if job.windows() == 1 and not bool((job.noise_level == 0).any()):
        return "nothing is kept whole"
    return f"it starts at {highest:.2g} < {above:.2g}" if highest < above else ""


def _unread_places(job: SamplingJob) -> str:
    if job.places in (None, tuple(range(len(job.latents)))) or not job.draws_again():
        return ""
    return "batch_index is not used: noise is drawn more than once."


def in_short(text: str) -> list[str]:
    """A text of a file or a server as notices: what and why, parted at the first colon, each cut where it is long."""
    what, _, why = text.partition(": ")
    return [cut(part[:1].upper() + part[1:]) for part in (what, why) if part]


def cut(text: str) -> str:
    """A notice with names or words of the user, which may be of any length."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3].rstrip()}..."
