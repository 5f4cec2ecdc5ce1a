"""Mixed precision: float32 master weights, and bfloat16 arithmetic where the machine is faster in it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


def training_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 on GPUs and on CPUs with units for it (AMX: 5x faster, AVX-512 BF16: 2x), else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    return torch.bfloat16 if device.type == "cpu" and _has_bfloat16_units() else torch.float32


def _has_bfloat16_units() -> bool:
    """Whether this CPU has bfloat16 instructions; False if torch is too old to say."""
    checks = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return any(check is not None and bool(check()) for check in checks)


class _AttentionByProducts(TorchFunctionMode):
    """Runs attention as two products and a softmax.

    In bfloat16 on a CPU this takes a third of the time of the fused kernels, whose backward is slow, and of torch's
    unfused path, which checks for infinities.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not F.scaled_dot_product_attention or kwargs:
            return func(*args, **(kwargs or {}))
        q, k, v, *mask = args
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        return (scores + mask[0] if mask and mask[0] is not None else scores).softmax(-1) @ v


def call_in(dtype: torch.dtype, module: nn.Module, *inputs: Any) -> Any:
    """Call a module with its weights cast to dtype; gradients flow to the float32 weights. Inputs are not cast."""
    weights = {name: weight.to(dtype) for name, weight in module.named_parameters()}
    on_cpu = inputs[0].device.type == "cpu"
    with _AttentionByProducts() if on_cpu and dtype == torch.bfloat16 else nullcontext():
        return functional_call(module, weights, inputs)
