"""Long clips for VAEs of ComfyUI that are not ours, encoded part by part to the latents of the whole clip.

LTX's encoder is a row of causal convolutions, which keep the frames that the next part needs; MiniMax-H3 codes each 17
frames alone. Others see all of a clip: Cosmos attends to all earlier frames, and normalises latents by their place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import comfy.model_management
import torch

from ..host.protocol import Progress

Chunks = Callable[[], Iterator[torch.Tensor]]
"""Gives the parts [f H W 3] of a clip, from its beginning each time"""

WHOLE = 2**31  # bytes of pixels; a clip of less is encoded whole, as ComfyUI does it
PART = 2**26  # bytes of pixels that are encoded at a time, about
PERIOD, LATENTS, TAIL = 17, 5, 5  # of MiniMax-H3: frames that are coded alone, their latents, and what a clip ends with
STEP = 8  # frames of an LTX latent


def encodes_parts(vae: Any) -> bool:
    """Whether a VAE gives the same latents part by part."""
    return _coder(vae) is not None


def encoded_in_parts(vae: Any, chunks: Chunks, frames: int, progress: Progress) -> torch.Tensor | None:
    """Latents [1 C T h w] of a clip of so many frames; None for one of less than WHOLE. progress: counts frames."""
    parts = chunks()
    first = next(parts)
    _, height, width, _ = first.shape
    if 12 * frames * height * width <= WHOLE:
        return None
    coder, size = _coder(vae), max(1, PART // (12 * height * width))
    assert coder is not None
    latents, done = [], 0
    for part, count in coder(vae, _Frames(chain([first], parts)), frames, size):
        comfy.model_management.throw_exception_if_processing_interrupted()
        latents.append(part)
        progress.update(done := done + count)
    return torch.cat(latents, dim=2)


class _Frames:
    """Frames of chunks, taken as many at a time as are asked for."""

    def __init__(self, chunks: Iterator[torch.Tensor]) -> None:
        self._frames = chain.from_iterable(chunks)

    def take(self, count: int) -> torch.Tensor:
        """Return the next frames [count H W 3]."""
        return torch.stack([next(self._frames) for _ in range(count)])


Coder = Callable[[Any, _Frames, int, int], Iterator[tuple[torch.Tensor, int]]]
"""VAE, frames of a clip, how many these are, and how many to take at a time, about -> latents, and frames of each"""


def _coder(vae: Any) -> Coder | None:
    """How a VAE encodes parts; None for one that sees all of a clip."""
    module = vae.first_stage_model
    name = f"{type(module).__module__}.{type(module).__qualname__}"
    if name == "comfy.ldm.minimax.vae.MiniMaxH3VideoVAE" or getattr(module, "is_h3", False):
        return _periods
    if name == "comfy.ldm.lightricks.vae.causal_video_autoencoder.VideoVAE":
        return _convolutions if hasattr(module.encoder, "_forward_chunk") else None
    return None


def _periods(vae: Any, frames: _Frames, count: int, size: int) -> Iterator[tuple[torch.Tensor, int]]:
    """MiniMax-H3: whole periods, each part with the frames of the next one that a clip has to end with."""
    step, held = PERIOD * max(1, size // PERIOD), torch.empty(0)
    while count > step + TAIL:
        part = torch.cat([held, frames.take(step + TAIL - len(held))]) if len(held) else frames.take(step + TAIL)
        yield vae.encode(part)[:, :, : step // PERIOD * LATENTS], step
        held, count = part[step:].clone(), count - step
    rest = frames.take(count - len(held))
    yield vae.encode(torch.cat([held, rest]) if len(held) else rest), count


def _convolutions(vae: Any, frames: _Frames, count: int, size: int) -> Iterator[tuple[torch.Tensor, int]]:
    """LTX: the first frame, then whole latent frames; its convolutions hold what they need of earlier ones."""
    from comfy.ldm.lightricks.vae.causal_video_autoencoder import mark_conv3d_ended, patchify

    module, encoder = vae.first_stage_model, vae.first_stage_model.encoder
    step, left, taken = STEP * max(1, size // STEP), count, 1
    try:
        while left:
            pixels, left = frames.take(taken), left - taken
            if left == count - 1:
                needed = vae.memory_used_encode((1, 3, step, *pixels.shape[1:3]), vae.vae_dtype)
                comfy.model_management.load_models_gpu([vae.patcher], memory_required=needed)
            if not left:
                mark_conv3d_ended(encoder)
            given = vae.process_input(pixels.movedim(-1, 0)[None]).to(vae.vae_dtype)
            made = encoder._forward_chunk(patchify(given, encoder.patch_size, 1).to(vae.device))
            if made is not None:
                means = module.per_channel_statistics.normalize(made.chunk(2, dim=1)[0])
                yield means.to(vae.output_device).to(vae.vae_output_dtype()), taken
            taken = min(step, left)
    finally:
        for part in encoder.modules():  # as the host's encoder does it
            getattr(part, "temporal_cache_state", {}).pop(threading.get_ident(), None)
