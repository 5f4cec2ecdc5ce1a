"""ComfyUI's own kernels for attention and for rotary positions, in the places that our transformer keeps for them."""

from __future__ import annotations

from typing import Any

import comfy.ldm.modules.attention
import comfy.quant_ops
import torch

from ...sora_core.models.wan.dit.layers import Attention, apply_rope, attend

PLAIN = "eager"  # comfy_kitchen's name of its functions that are no kernels


class HostAttention:
    """Attention by the kernels that ComfyUI was started with, or by those that a node has set.

    On a CPU torch's own is as fast, and gives the bits of sora_core. options: transformer_options of this call.
    """

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}

    def __call__(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """See layers.Attend."""
        if q.device.type == "cpu" and "optimized_attention_override" not in self.options:
            return attend(q, k, v)
        few = {} if k.shape[1] >= q.shape[1] else {"low_precision_attention": False}  # no gain, and NaNs
        heads, options = q.shape[2], self.options
        q, k, v = (x.flatten(2) for x in (q, k, v))  # [B N D]
        return comfy.ldm.modules.attention.optimized_attention(q, k, v, heads, transformer_options=options, **few)


def rotate_by_kernel(x: torch.Tensor, rope: torch.Tensor) -> torch.Tensor:
    """See layers.Rotate: rotation matrices go to the one kernel of comfy_kitchen."""
    return comfy.quant_ops.ck.apply_rope1(x, rope[None]) if rope.ndim == 5 else apply_rope(x, rope)


def has_rope_kernel() -> bool:
    """Whether comfy_kitchen has a compiled rotation that ComfyUI did not turn off."""
    kitchen = getattr(comfy.quant_ops, "ck", None)  # missing where ComfyUI could not import it
    if kitchen is None:
        return False
    return any(
        backend["available"] and not backend["disabled"] and "apply_rope1" in backend["capabilities"]
        for name, backend in kitchen.list_backends().items()
        if name != PLAIN
    )


def use_host_kernels(transformer: torch.nn.Module) -> HostAttention:
    """Put the host's kernels into each attention of our transformer; returns the one that all share."""
    shared, compiled = HostAttention(), has_rope_kernel()
    for module in transformer.modules():
        if isinstance(module, Attention):
            module.attend = shared
            if compiled:
                module.rotate = rotate_by_kernel
    return shared
