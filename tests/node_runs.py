"""Nodes run by hand: soft clips to give them, and what is read off the canvases that they make."""

from __future__ import annotations

from typing import Any

import torch

from headless.pack import import_from_pack


def run(node: Any, **inputs: Any) -> Any:
    """The outputs of a node; of a list with one value, that value."""
    pairs = zip(node.execute(**inputs).args, node.GET_SCHEMA().outputs, strict=True)
    return tuple(value[0] if output.is_output_list and len(value) == 1 else value for value, output in pairs)


def clip(frames: int, height: int = 32, width: int = 32) -> torch.Tensor:
    """A soft picture that changes, as an IMAGE batch."""
    low = torch.rand(1, 3, 3, 4, 4, generator=torch.Generator().manual_seed(frames))
    size = (frames, height, width)
    return torch.nn.functional.interpolate(low, size, mode="trilinear")[0].permute(1, 2, 3, 0)


def levels(latent: dict[str, torch.Tensor]) -> list[float]:
    """Noise level of each latent frame, which must be one in all its places and clips."""
    level = latent["noise_mask"][:, 0].movedim(1, 0).flatten(1)
    assert (level == level[:, :1]).all()
    return level[:, 0].tolist()


def encoded(vae: Any, images: torch.Tensor) -> torch.Tensor:
    """A clip from the beginning of a canvas, as the host encodes it."""
    return import_from_pack("nodes.host").current().encode(vae, images)
