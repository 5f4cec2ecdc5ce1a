"""The compression of a VAE of ComfyUI: its own formulas for frames and latents, whatever they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import comfy.sd
from comfy.taesd.taehv import TAEHV

from ...sora_core.canvas.shapes import Compression
from ...sora_core.canvas.time_grid import CausalGrid, FormulaGrid, TimeGrid
from ..io.adapters import vae_name
from .vae import NativeVAE

COMPARED = range(1, 34)  # latent frames of a formula that are compared with a causal grid
CAUSAL = frozenset(
    {
        "comfy.ldm.wan.vae.WanVAE",
        "comfy.ldm.wan.vae2_2.WanVAE",
        "comfy.ldm.lightricks.vae.causal_video_autoencoder.VideoVAE",
        "comfy.ldm.cosmos.vae.CausalContinuousVideoTokenizer",
        "comfy.ldm.minimax.vae.MiniMaxH3VideoVAE",
    }
)
"""Classes whose encoders see no later frame, and no length of the clip; any other may see all of it"""
TAE_STEP = 8  # pixels per latent of a TAEHV, beside the patches that it is given


def compression_of(vae: comfy.sd.VAE) -> Compression | None:
    """Compression of a VAE, and the numbers of frames that its formulas agree on; None for a VAE of images.

    Raises ValueError for formulas that contradict each other.
    """
    up, down = vae.upscale_ratio, vae.downscale_ratio
    if (
        vae.latent_dim != 3
        or getattr(vae, "not_video", False)
        or not (isinstance(up, tuple) and isinstance(down, tuple))
    ):
        return None
    grid = _grid(vae)
    compression = Compression(grid.longest_span, up[1], up[2], causal=is_causal(vae))
    if not isinstance(grid, CausalGrid):
        compression = replace(compression, formula=grid)
    if isinstance(vae.first_stage_model, TAEHV):  # the host declares 16 pixels for one that has 32
        space = TAE_STEP * vae.first_stage_model.patch_size
        compression = replace(compression, height=space, width=space)
    return compression


def is_causal(vae: comfy.sd.VAE) -> bool:
    """Whether the encoder is known to see no frame after those of a latent frame."""
    module, kind = vae.first_stage_model, type(vae.first_stage_model)
    if isinstance(module, TAEHV):  # others see the frames of the next latent frame too
        return bool(module.is_h3)
    return isinstance(vae, NativeVAE) or f"{kind.__module__}.{kind.__qualname__}" in CAUSAL


def _grid(vae: Any) -> TimeGrid:
    module = vae.first_stage_model
    if isinstance(module, TAEHV) and not module.is_h3:  # the host declares 4 frames for one that has 8
        return CausalGrid(module.t_upscale)
    up, down = vae.upscale_ratio[0], vae.downscale_ratio[0]
    formula = FormulaGrid(
        vae_name(vae),
        up if callable(up) else lambda latents: int(latents * up),
        down if callable(down) else lambda frames: int(frames // down),
    )
    time = formula.period[0]
    if formula.period[1] == 1 and all(up(latents) == 1 + (latents - 1) * time for latents in COMPARED if callable(up)):
        return CausalGrid(time)
    return _with_cycle(formula, vae.downscale_index_formula)


def _with_cycle(formula: FormulaGrid, index_formula: Any) -> FormulaGrid:
    """The grid with the frames of each latent frame, where the host's index formula tells them.

    The first latent frame of a period then holds what the others, of as many frames as the formula says, leave.
    """
    frames, latents = formula.period
    each = index_formula[0] if isinstance(index_formula, tuple) else None
    if not isinstance(each, int) or frames <= each * (latents - 1):
        return formula
    try:
        return replace(formula, cycle=(frames - each * (latents - 1), *[each] * (latents - 1)))
    except ValueError:  # the period does not begin with the first frame: its frames are not told apart
        return formula
