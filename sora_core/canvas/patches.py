"""Spacetime patches: turns latents of any duration, size and aspect ratio into tokens and back.

Patches are the tokens of "Video generation models as world simulators" (OpenAI, 2024), in the order (t h w): frame by
frame, row by row. Only this module knows the order.
"""

from __future__ import annotations

import math

import torch
from einops import rearrange

from .shapes import PatchSize

Grid = tuple[int, int, int]


def grid_shape(latents: torch.Tensor, patch: PatchSize) -> Grid:
    """Count the patches along (t, h, w) that cover latents [B C T H W]; the last ones may cross the edge."""
    if latents.ndim != 5 or 0 in latents.shape[2:]:
        raise ValueError(f"expected latents [B C T H W] with T, H, W >= 1, got shape {tuple(latents.shape)}")
    t, h, w = (-(-size // step) for size, step in zip(latents.shape[2:], patch, strict=True))
    return t, h, w


def pad_to_patch(latents: torch.Tensor, patch: PatchSize) -> torch.Tensor:
    """Pad latents [B C T H W] to whole patches; no copy if the patch size divides the size.

    The padding is circular (the first cells follow the last), as in ComfyUI, so that results are equal there.
    """
    for axis, cells in enumerate(grid_shape(latents, patch), start=2):
        size, padded = latents.shape[axis], cells * patch[axis - 2]
        if padded > size:
            latents = latents.index_select(axis, torch.arange(padded, device=latents.device) % size)
    return latents


def patchify(latents: torch.Tensor, patch: PatchSize) -> torch.Tensor:
    """Split latents [B C T H W], padded to whole patches, into tokens [B N pt*ph*pw*C].

    >>> patchify(torch.arange(4.0).view(1, 1, 1, 2, 2), (1, 2, 1))
    tensor([[[0., 2.],
             [1., 3.]]])
    """
    pt, ph, pw = patch
    padded = pad_to_patch(latents, patch)
    return rearrange(padded, "b c (t pt) (h ph) (w pw) -> b (t h w) (pt ph pw c)", pt=pt, ph=ph, pw=pw)


def unpatchify(tokens: torch.Tensor, grid: Grid, patch: PatchSize) -> torch.Tensor:
    """Join tokens [B N pt*ph*pw*C] of a (t, h, w) grid to latents [B C t*pt h*ph w*pw]; the inverse of `patchify`."""
    (t, h, w), (pt, ph, pw) = grid, patch
    if tokens.ndim != 3 or tokens.shape[1] != t * h * w:
        raise ValueError(f"expected tokens [B {t * h * w} D] for a {t}x{h}x{w} grid, got shape {tuple(tokens.shape)}")
    return rearrange(
        tokens, "b (t h w) (pt ph pw c) -> b c (t pt) (h ph) (w pw)", t=t, h=h, w=w, pt=pt, ph=ph, pw=pw
    ).contiguous()


def per_cell(values: torch.Tensor, grid: Grid, patch: PatchSize) -> torch.Tensor:
    """Give each latent of a (t, h, w) grid the value of its patch: [B G] -> [B 1 t*pt h*ph w*pw].

    G groups of patches of equal size in the order (t h w) have a value each: 1, the frames of the grid, or all patches.
    """
    per_patch = values.repeat_interleave(math.prod(grid) // values.shape[1], dim=1)
    return unpatchify(per_patch[..., None].expand(-1, -1, math.prod(patch)), grid, patch)


def positions(grid: Grid, *, device: torch.device | str | None = None) -> torch.Tensor:
    """Return the coordinates (t, h, w) of each patch of a grid at the origin: [N 3], float32.

    The DiT takes any coordinates: offset, scale or concatenate them to move patches.
    """
    axes = [torch.arange(size, device=device, dtype=torch.float32) for size in grid]
    return torch.cartesian_prod(*axes)
