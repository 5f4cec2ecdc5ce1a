"""Cutting clips and streams into the chunks that a causal VAE works on: few at a time, always in the same places.

Where the cuts lie depends on the frame size alone, so a stream and a full call do the same arithmetic on the same
shapes and agree bit for bit. Small frames go several latents at a time: a kernel's start-up would outweigh one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch

from ....canvas.shapes import Compression

CHUNK_PIXELS = 2**17  # per chunk, over batch, frames, height and width; one latent frame where that is more


def latents_per_chunk(batch: int, height: int, width: int, compression: Compression) -> int:
    """Latent frames to work on at once, for frames of `height` x `width` pixels."""
    return max(1, CHUNK_PIXELS // max(1, batch * height * width * compression.time))


def rechunk(chunks: Iterable[torch.Tensor], compression: Compression) -> Iterator[torch.Tensor]:
    """Chunks [B 3 f H W] of any lengths -> chunks of n latents, all but the last of the same n; holds one of each.

    Raises ValueError for a chunk whose batch or size differs from the first's, and at the end where the frames
    are not 1 + a multiple of `time`.
    """
    pending: torch.Tensor | None = None
    total, wanted, later = 0, 0, 0
    for chunk in chunks:
        _check_chunk(chunk, pending)
        if pending is None:
            later = compression.time * latents_per_chunk(chunk.shape[0], chunk.shape[3], chunk.shape[4], compression)
            wanted = later - compression.time + 1
        total += chunk.shape[2]
        pending = chunk if pending is None else torch.cat([pending, chunk], dim=2)
        while pending.shape[2] >= wanted:
            yield pending[:, :, :wanted]
            pending, wanted = pending[:, :, wanted:], later
    compression.latent_frames(total)  # raises where frames are left over, or none came
    if pending is not None and pending.shape[2]:
        yield pending


def latent_chunks(parts: Iterable[torch.Tensor], compression: Compression) -> Iterator[torch.Tensor]:
    """Latents [B C t H W] in parts of any lengths -> chunks of n frames, the last maybe shorter; holds one of each."""
    pending: torch.Tensor | None = None
    wanted = 0
    for part in parts:
        if pending is None:
            height, width = part.shape[3] * compression.height, part.shape[4] * compression.width
            wanted = latents_per_chunk(part.shape[0], height, width, compression)
            pending = part[:, :, :0]
        if (part.shape[:2], part.shape[3:]) != (pending.shape[:2], pending.shape[3:]):
            raise ValueError(f"got latents {tuple(part.shape)} after {tuple(pending.shape)}; a stream keeps its size")
        pending = torch.cat([pending, part], dim=2) if pending.shape[2] else part
        while pending.shape[2] >= wanted:
            yield pending[:, :, :wanted]
            pending = pending[:, :, wanted:]
    if pending is not None and pending.shape[2]:
        yield pending


def collect(chunks: Iterable[torch.Tensor], frames: int) -> torch.Tensor:
    """Chunks [B C f H W] that hold `frames` frames together -> [B C frames H W], never holding two copies of it."""
    clip, filled = torch.empty(0), 0
    for chunk in chunks:
        if filled == 0:
            clip = chunk.new_empty(*chunk.shape[:2], frames, *chunk.shape[3:])
        clip[:, :, filled : filled + chunk.shape[2]] = chunk
        filled += chunk.shape[2]
    assert filled == frames, f"got {filled} frames, expected {frames}"
    return clip


def split_frames(chunks: Iterable[torch.Tensor], time: int) -> Iterator[torch.Tensor]:
    """Chunks [B C f H W] of a causal clip -> its first frame, then `time` frames each."""
    is_first = True
    for chunk in chunks:
        if is_first:
            yield chunk[:, :, :1]
            chunk, is_first = chunk[:, :, 1:], False
        if chunk.shape[2]:
            yield from chunk.split(time, dim=2)


def _check_chunk(chunk: torch.Tensor, pending: torch.Tensor | None) -> None:
    if chunk.ndim != 5 or chunk.shape[1] != 3:
        raise ValueError(f"got a chunk of shape {tuple(chunk.shape)}; expected [B 3 f H W]")
    if pending is not None and (chunk.shape[0], chunk.shape[3:]) != (pending.shape[0], pending.shape[3:]):
        raise ValueError(
            f"got a chunk of shape {tuple(chunk.shape)} after chunks of "
            f"[{pending.shape[0]} 3 f {pending.shape[3]} {pending.shape[4]}]; a stream keeps its batch and size"
        )
