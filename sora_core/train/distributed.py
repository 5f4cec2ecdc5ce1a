"""Data-parallel training in the processes of `torchrun`: each draws its own clips.

The models are small enough for plain data parallelism. Weights, EMA and optimisers are equal in all processes, so only
the first process writes files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import nn


@contextmanager
def process_group(device: torch.device) -> Iterator[torch.device]:
    """Join the process group of this torchrun, if there is one; yields the device of this process."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)  # for NCCL and plain .cuda()
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
        dist.barrier()  # gloo may abort a process whose peers leave earlier
    finally:
        dist.destroy_process_group()


def world_size() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Return the index of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def all_reduce_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replace each gradient by its mean over the processes; a missing gradient counts as zero."""
    if world_size() == 1:
        return
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    for parameter, gradient, total in zip(parameters, gradients, summed(gradients), strict=True):
        parameter.grad = gradient.copy_(total / world_size())


def summed(tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the sum of each tensor over the processes, in one message; the tensors themselves for one process."""
    if world_size() == 1:
        return list(tensors)
    total = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(total)
    parts = total.split([tensor.numel() for tensor in tensors])
    return [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)]


def broadcast(value: float) -> float:
    """Return the first process's value in all processes."""
    if world_size() == 1:
        return value
    shared = torch.tensor(value, dtype=torch.float64)
    if dist.get_backend() == "nccl":
        shared = shared.cuda()
    dist.broadcast(shared, src=0)
    return float(shared)
