"""torch.compile for a DiT: blocks that cannot be compiled on this machine run eagerly."""

from __future__ import annotations

import logging

import torch
from torch import nn

from .layers import Block

log = logging.getLogger(__name__)


def compile_blocks(model: nn.Module) -> bool:
    """Compile every block of a VideoDiT or Experts; returns whether torch.compile works here.

    The first call with latents of a new dtype or rank then takes a minute or more. Without a working compiler nothing
    changes and one warning is logged. A block that fails to compile later runs eagerly, and torch logs why.
    """
    if (reason := _why_not(next(model.parameters()).device)) is not None:
        log.warning("torch.compile does not work here; the model runs without it: %s", reason)
        return False
    torch._dynamo.config.suppress_errors = True
    for module in model.modules():
        if isinstance(module, Block):
            module.compile(dynamic=True)
    return True


def _why_not(device: torch.device) -> str | None:
    """Compile a trial function on the device: the first line of the error, or None if it works."""
    import torch._dynamo  # late, because it takes seconds and most users never compile

    try:
        with torch._dynamo.config.patch(suppress_errors=False):
            torch.compile(_trial)(torch.zeros(8, device=device))
    except Exception as error:  # torch raises private classes that depend on what is missing
        return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return None


def _trial(x: torch.Tensor) -> torch.Tensor:
    return (x + 1).sin() * 2
