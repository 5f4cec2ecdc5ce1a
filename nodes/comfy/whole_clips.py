"""Clips for VAEs that code them whole: refused by the VAE's name before memory is taken that there is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from ...sora_core.video.budgets import check_memory
from ..io.adapters import vae_name

COPIES = 2  # of a clip's pixels at a time: ours, and the one that the host scales


def check_whole(vae: Any, frames: int, height: int, width: int) -> None:
    """Raise ValueError if a VAE that codes clips whole has no memory for one of so many frames."""
    try:
        check_memory(frames, height, width, copies=COPIES)
    except ValueError as error:
        raise ValueError(f"the VAE {vae_name(vae)} codes a clip whole: {error}") from error


def whole_clip(vae: Any, chunks: Callable[[], Iterator[torch.Tensor]], frames: int) -> torch.Tensor:
    """A clip [F H W 3] that `chunks` gives in parts, in one allocation. Raises ValueError as check_whole does."""
    clip, done = torch.empty(0), 0
    for chunk in chunks():
        if not done:
            check_whole(vae, frames, *chunk.shape[1:3])
            clip = chunk.new_empty(frames, *chunk.shape[1:])
        clip[done : done + len(chunk)] = chunk
        done += len(chunk)
    return clip[:done]
