"""Prompts of stretches on the host's MODELs: frame by frame in ours and in Wan's, one for each window in others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import comfy.model_base
import torch

from ...sora_core.models.wan.dit.layers import FrameShares, mixed_over_frames
from ..host.job import SamplingJob
from ..host.timed_prompts import KEY, TimedPrompts
from .companions import CONTEXT_WINDOWS
from .experts import experts_of
from .kinds import model_name
from .model import SoraModel
from .patcher import Patcher

REFERENCES = ("reference_latents", "context_latents")  # keys of a conditioning that add tokens to those of the clip
FORWARD = "diffusion_model.blocks.{}.cross_attn.forward"
WAN = tuple(
    found for name in ("WAN21", "WAN22") if (found := getattr(comfy.model_base, name, None)) is not None
)  # classes whose tokens are those of the clip alone


def sees_frames(model: Patcher) -> bool:
    """Whether each latent frame of this MODEL can attend to a text of its own."""
    return isinstance(model.model, SoraModel) or (type(model.model) in WAN and experts_of(model) is None)


def check_timed_prompts(model: Patcher, job: SamplingJob, prompts: TimedPrompts) -> None:
    """Raise ValueError where a MODEL would see one prompt alone, or could not tell its prompts apart."""
    if CONTEXT_WINDOWS in model.model_options:
        raise ValueError("got prompts of stretches and Context Windows, expected Sora Windows, which divides both")
    if not sees_frames(model) and job.windows() == 1:
        raise ValueError(
            f"got prompts of stretches for a MODEL ({model_name(model)}) that sees one prompt at a time: connect Sora "
            "Windows, so that each window has its own"
        )
    if isinstance(model.model, SoraModel) or not sees_frames(model):
        return
    lengths = [embeddings.shape[1] for embeddings, _ in prompts.entries]
    if len(set(lengths)) > 1:
        raise ValueError(f"got prompts of {min(lengths)} to {max(lengths)} tokens, expected one length: shorten them")
    if any(embeddings.shape[1] == sum(lengths) for embeddings, _ in job.negative):
        raise ValueError(f"got a negative prompt of {sum(lengths)} tokens, as many as all prompts have: shorten it")
    if given := [name for name in REFERENCES if job.positive[0][1].get(name) is not None]:
        raise ValueError(f"got prompts of stretches beside {given[0]}, whose tokens belong to no frame: remove it")


class FramePrompts:
    """Lets each latent frame of a Wan MODEL attend to its own prompts, which lie one after the other in its context.

    length: of the prompts in a row.
    """

    def __init__(self, prompts: TimedPrompts) -> None:
        self._placed: FrameShares | None = None
        self.see(prompts.shares)
        self.length = sum(embeddings.shape[1] for embeddings, _ in prompts.entries)

    def see(self, shares: torch.Tensor | None) -> None:
        """Take the shares [P T] of the frames that are sampled now; None where all see one prompt."""
        self._shares, self._placed = shares, None

    def patched(self, model: Patcher) -> Patcher:
        """A clone of a MODEL with this cross-attention."""
        clone = model.clone()
        for index in range(len(model.model.diffusion_model.blocks)):
            name = FORWARD.format(index)
            clone.add_object_patch(name, partial(self.attend, clone.get_model_object(name)))
        return clone

    def attend(
        self, attend: Callable[..., torch.Tensor], x: torch.Tensor, context: torch.Tensor, *rest: Any, **named: Any
    ) -> torch.Tensor:
        """As the host's cross-attention, from tokens [B N D] to M image tokens and the prompts [B M+P*L D]."""
        shares, images = self._shares, named.get("context_img_len") or 0
        if shares is None or context.shape[1] - images != self.length:  # the negative prompt
            return attend(x, context, *rest, **named)

        def to_text(text: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
            return attend(tokens, torch.cat([context[:, :images], text], dim=1), *rest, **named)

        calls = [partial(to_text, text) for text in context[:, images:].chunk(len(shares), dim=1)]
        self._placed = self._placed or FrameShares.of(shares, x.device)  # once for all blocks
        return mixed_over_frames(x, calls, self._placed, torch.zeros_like(x))


class WindowPrompts:
    """What a job's prompts are in each window. frames: of a Wan MODEL; None for other MODELs."""

    def __init__(self, prompts: TimedPrompts, model: Patcher) -> None:
        self.prompts, self.each_frame = prompts, sees_frames(model)
        self.frames = FramePrompts(prompts) if self.each_frame and not isinstance(model.model, SoraModel) else None

    def conditioning(self) -> list[Any]:
        """The CONDITIONING for the whole clip."""
        embeddings, more = self.prompts.entries[0]
        if self.frames is not None:
            embeddings = torch.cat([embeddings for embeddings, _ in self.prompts.entries], dim=1)
        return [[embeddings, {**more, KEY: self.prompts}]]

    def within(self, cond: dict[str, Any], span: range, sampled: torch.Tensor) -> dict[str, Any]:
        """A condition of the host for a window. sampled: [T] of the window, true for frames that are not known."""
        window = self.prompts.within(span)
        if self.frames is not None:
            self.frames.see(window.shares)
        if self.each_frame:
            return {**cond, KEY: window}
        embeddings, more = window.main(sampled)
        return {**cond, **more, "cross_attn": embeddings}
