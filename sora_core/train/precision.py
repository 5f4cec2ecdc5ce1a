"""Mixed precision: float32 master weights, and bfloat16 arithmetic where the machine is faster in it."""

from __future__ import annotations

import time
from contextlib import nullcontext
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


def training_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 on GPUs and on CPUs that are faster in it, else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    return torch.bfloat16 if device.type == "cpu" and _cpu_is_faster_in_bfloat16() else torch.float32


@cache
def _cpu_is_faster_in_bfloat16() -> bool:
    """Whether a product takes less time in bfloat16.

    The instructions that a CPU has do not say it: with AVX-512 BF16 an AMD Zen 4 is twice as fast in it, and an Intel
    Xeon whose AMX a virtual machine hides half as fast.
    """
    return _product_seconds(torch.bfloat16) < _product_seconds(torch.float32)


def _product_seconds(dtype: torch.dtype) -> float:
    """Time a product of matrices as large as those of a small transformer: the shortest of several, in seconds."""
    tokens, weight = torch.ones(512, 256, dtype=dtype), torch.ones(1024, 256, dtype=dtype)
    times = []
    for _ in range(6):  # the first prepares the kernel
        started = time.perf_counter()
        F.linear(tokens, weight)
        times.append(time.perf_counter() - started)
    return min(times)


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
