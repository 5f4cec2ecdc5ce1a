"""Whether values are finite: NaN and infinite ones would become a black video without a word."""

from __future__ import annotations

import torch

VAE_ADVICE = "run it in float32 or bfloat16 (--fp32-vae or --bf16-vae of ComfyUI)"


def is_finite(tensor: torch.Tensor) -> bool:
    """Whether a tensor has neither NaN nor infinite values, without a tensor of its size beside it."""
    return tensor.numel() == 0 or bool(torch.stack(tensor.detach().aminmax()).isfinite().all())


def check_finite(values: torch.Tensor, source: str, advice: str) -> torch.Tensor:
    """Return values that a model gave. Raises FloatingPointError, which names it and says what to do, if not finite."""
    if not is_finite(values):
        raise FloatingPointError(f"{source} gave values that are not finite; {advice}")
    return values


def check_vae(values: torch.Tensor) -> torch.Tensor:
    """Return pixels or latents that a VAE gave; see check_finite."""
    return check_finite(values, "the VAE", VAE_ADVICE)
