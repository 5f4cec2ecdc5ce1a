"""torch.compile for a DiT, as an option that never breaks: what cannot be compiled on this machine runs as it is."""

from __future__ import annotations

import logging

import torch
from torch import nn

from .layers import Block

log = logging.getLogger(__name__)


def compile_blocks(model: nn.Module) -> bool:
    """Fuse what lies between the matrix products of every block in a VideoDiT or Experts; says whether it can be done.

    The first call with latents of a new kind then takes a minute or more. Where torch has no compiler to work with
    nothing changes, which is logged in one line; a block that fails later runs as it is, and torch tells why.
    """
    if (reason := _why_not(next(model.parameters()).device)) is not None:
        log.warning("torch.compile does not work here, going on without: %s", reason)
        return False
    torch._dynamo.config.suppress_errors = True
    for module in model.modules():
        if isinstance(module, Block):
            module.compile(dynamic=True)
    return True


def _why_not(device: torch.device) -> str | None:
    """The first line of what a trial on the device fails with; None where it works."""
    import torch._dynamo  # late: it takes seconds, and most never ask for it

    try:
        with torch._dynamo.config.patch(suppress_errors=False):
            torch.compile(_trial)(torch.zeros(8, device=device))
    except Exception as error:  # a class for each thing that may be missing, none of them public
        return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return None


def _trial(x: torch.Tensor) -> torch.Tensor:
    return (x + 1).sin() * 2
