"""Splits clips and streams into chunks for a causal VAE, always at the same frames.

The split depends on batch and frame size only, so a stream and a full call run the same kernels on the same shapes and
agree bit for bit. Small frames form chunks of several latents, because a kernel's start-up would outweigh one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch

from ....canvas.shapes import Compression

CHUNK_PIXELS = 2**17  # pixels of a chunk over batch, frames, height and width; at least one latent frame


def latents_per_chunk(batch: int, height: int, width: int, compression: Compression) -> int:
    """Return the number of latent frames per chunk, for frames of `height` x `width` pixels."""
    return max(1, CHUNK_PIXELS // max(1, batch * height * width * compression.time))


def rechunk(chunks: Iterable[torch.Tensor], compression: Compression) -> Iterator[torch.Tensor]:
    """Regroup pixel chunks [B 3 f H W] of any lengths into chunks of n latents each, the last maybe shorter.

    Holds one input and one output chunk at a time. Raises ValueError if a chunk's batch or size differs from the
    first's, and at the end unless the total is 1 + a multiple of `time` frames.
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
    compression.latent_frames(total)  # raises if frames are left over, or there were none
    if pending is not None and pending.shape[2]:
        yield pending


def latent_chunks(parts: Iterable[torch.Tensor], compression: Compression) -> Iterator[torch.Tensor]:
    """Regroup latents [B C t H W] in parts of any lengths into chunks of n frames, the last maybe shorter.

    Holds one part and one chunk at a time. Raises ValueError if a part's batch, channels or size differ.
    """
    pending: torch.Tensor | None = None
    wanted = 0
    for part in parts:
        if pending is None:
            height, width = part.shape[3] * compression.height, part.shape[4] * compression.width
            wanted = latents_per_chunk(part.shape[0], height, width, compression)
            pending = part[:, :, :0]
        if (part.shape[:2], part.shape[3:]) != (pending.shape[:2], pending.shape[3:]):
            raise ValueError(
                f"got latents {tuple(part.shape)} after {tuple(pending.shape)}; expected the same batch, channels and "
                "size in all parts of a stream"
            )
        pending = torch.cat([pending, part], dim=2) if pending.shape[2] else part
        while pending.shape[2] >= wanted:
            yield pending[:, :, :wanted]
            pending = pending[:, :, wanted:]
    if pending is not None and pending.shape[2]:
        yield pending


def collect(chunks: Iterable[torch.Tensor], frames: int) -> torch.Tensor:
    """Concatenate chunks [B C f H W] of `frames` frames in total to [B C frames H W], without a second copy."""
    clip, filled = torch.empty(0), 0
    for chunk in chunks:
        if filled == 0:
            clip = chunk.new_empty(*chunk.shape[:2], frames, *chunk.shape[3:])
        clip[:, :, filled : filled + chunk.shape[2]] = chunk
        filled += chunk.shape[2]
    assert filled == frames, f"got {filled} frames, expected {frames}"
    return clip


def split_frames(chunks: Iterable[torch.Tensor], time: int) -> Iterator[torch.Tensor]:
    """Split chunks [B C f H W] of a causal clip into its first frame, then `time` frames each."""
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
            f"[{pending.shape[0]} 3 f {pending.shape[3]} {pending.shape[4]}]; expected the same batch and size in all "
            "chunks of a stream"
        )
