"""What a device can do on this machine: whether it is there, and how much memory it has left."""

from __future__ import annotations

from pathlib import Path

import torch

MEMINFO = Path("/proc/meminfo")  # Linux


def usable_device(device: torch.device | str) -> torch.device:
    """Return the device after a small allocation on it; raises ValueError if that fails."""
    try:
        return torch.empty(1, device=device).device
    except (RuntimeError, AssertionError) as error:  # which one depends on how torch was built
        reason = str(error).splitlines()[0]
        raise ValueError(f"got device {str(device)!r}, expected one that this machine has: {reason}") from error


def free_memory(device: torch.device) -> int | None:
    """Bytes that a device has left for tensors; None where it is not known (no Linux, or neither CPU nor CUDA)."""
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + cached
    if device.type == "cpu" and MEMINFO.is_file():
        sizes = dict(line.split(":") for line in MEMINFO.read_text().splitlines())
        return 1024 * int(sizes["MemAvailable"].split()[0])  # given in kB
    return None
