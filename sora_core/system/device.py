"""A check that a device can be used on this machine."""

from __future__ import annotations

import torch


def usable_device(device: torch.device | str) -> torch.device:
    """Return the device after a small allocation on it; raises ValueError if that fails."""
    try:
        return torch.empty(1, device=device).device
    except (RuntimeError, AssertionError) as error:  # which one depends on how torch was built
        reason = str(error).splitlines()[0]
        raise ValueError(f"got device {str(device)!r}, expected one that this machine has: {reason}") from error
