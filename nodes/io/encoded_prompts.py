"""Prompts as CONDITIONING, of one or of stretches, for the nodes that encode any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas.stretches import Stretch, stretch_shares
from ...sora_core.canvas.time_grid import TimeGrid
from ..host.empty_prompt import KEY as EMPTY_PROMPT
from ..host.empty_prompt import EmptyPrompt
from ..host.job import CLIP_NAME, Conditioning
from ..host.timed_prompts import TimedPrompts
from ..host.tokens import SoraTokenizer
from ..host.values import Clip
from .told import tell


def encoded(node: type[io.ComfyNode], clip: Clip, text: str) -> Conditioning:
    """A CONDITIONING of a prompt; the node tells the user what of it the model does not read."""
    if clip is None:
        raise ValueError("got no CLIP: connect the clip output of Sora Load Model")
    tokenizer = getattr(clip, "tokenizer", None)
    tell(node, tokenizer.notices(text) if isinstance(tokenizer, SoraTokenizer) else ())
    entries = clip.encode_from_tokens_scheduled(clip.tokenize(text))
    own = {EMPTY_PROMPT: EmptyPrompt(clip), **_made_by(tokenizer)}
    return [[embeddings, {**more, **own}] for embeddings, more in entries]


def encoded_stretches(
    node: type[io.ComfyNode],
    clip: Clip,
    stretches: Sequence[Stretch],
    grid: TimeGrid,
    *,
    frames: int,
    fps: float,
    crossfade: float = 0.0,
) -> Conditioning:
    """A CONDITIONING of the prompts of stretches on a canvas of `frames`. crossfade: seconds between two of them."""
    if late := [stretch.begin for stretch in stretches if not round(stretch.begin * fps) < frames]:
        raise ValueError(
            f"got a prompt from {late[0]:g} s on, expected times within the canvas, which lasts "
            f"{frames / fps:g} s at {fps:g} fps"
        )
    begins = [round(stretch.begin * fps) for stretch in stretches]
    shares = stretch_shares(begins, frames, grid, min(crossfade * fps, frames))
    entries = [encoded(node, clip, stretch.prompt) for stretch in stretches]
    if any(len(entry) != 1 for entry in entries):
        raise ValueError("got a CLIP whose prompts change with the step, expected one without a schedule of hooks")
    return TimedPrompts(tuple((entry[0][0], entry[0][1]) for entry in entries), shares).conditioning()


def _made_by(tokenizer: Any) -> dict[str, str]:
    """What a conditioning says of its CLIP, so that Sora Sampler can tell the wrong one; nothing of our own."""
    if tokenizer is None or isinstance(tokenizer, SoraTokenizer):
        return {}
    kind = type(tokenizer)
    return {CLIP_NAME: f"{kind.__module__}.{kind.__qualname__}"}
