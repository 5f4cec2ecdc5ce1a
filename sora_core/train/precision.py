"""Half precision where the machine has units for it: float32 master weights, bfloat16 arithmetic."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel


def training_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 on GPUs and on CPUs that multiply it faster than float32 (AMX: 5x, AVX-512 BF16: 2x); else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    return torch.bfloat16 if device.type == "cpu" and _has_bfloat16_units() else torch.float32


def _has_bfloat16_units() -> bool:
    """Whether this CPU has instructions for it; older torch cannot say, and is taken to have none."""
    checks = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return any(check is not None and bool(check()) for check in checks)


def call_in(dtype: torch.dtype, module: nn.Module, *inputs: Any) -> Any:
    """Call a module with its weights cast to dtype; gradients reach the float32 weights. Inputs stay as they are.

    On a CPU in bfloat16, attention runs as plain matrix products: the fused kernel's backward is the slowest part of
    a step there (a third of it).
    """
    weights = {name: weight.to(dtype) for name, weight in module.named_parameters()}
    if dtype == torch.bfloat16 and inputs[0].device.type == "cpu":
        with sdpa_kernel(SDPBackend.MATH):
            return functional_call(module, weights, inputs)
    return functional_call(module, weights, inputs)
