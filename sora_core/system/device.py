"""Whether a device can be used on this machine."""

from __future__ import annotations

import torch


def usable_device(device: torch.device | str) -> torch.device:
    """The device, after a tiny allocation has shown that it is there; ValueError where it is not."""
    try:
        return torch.empty(1, device=device).device
    except (RuntimeError, AssertionError) as error:  # which one depends on how torch was built
        reason = str(error).splitlines()[0]
        raise ValueError(f"got device {str(device)!r}, expected one that can be used here: {reason}") from error
