"""Training in several processes, as `torchrun` starts them: each draws clips of its own, gradients are averaged.

The models here are small enough for plain data parallelism. Weights, averages and optimisers are the same in every
process, so that the first one alone writes files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import nn


@contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Join the other processes of this torchrun, if there are any; yields the device of this process."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)  # where NCCL and plain .cuda() work
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
        dist.barrier()  # gloo may abort a process whose peers leave before it
    finally:
        dist.destroy_process_group()


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replace each gradient by its mean over the processes; one that is missing counts as zero."""
    if count() == 1:
        return
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    mean = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(mean)
    mean /= count()
    for parameter, gradient, part in zip(
        parameters, gradients, mean.split([g.numel() for g in gradients]), strict=True
    ):
        parameter.grad = gradient.copy_(part.view_as(gradient))


def agreed(value: float) -> float:
    """The first process's value, in all of them."""
    if count() == 1:
        return value
    shared = torch.tensor(value, dtype=torch.float64)
    if dist.get_backend() == "nccl":
        shared = shared.cuda()
    dist.broadcast(shared, src=0)
    return float(shared)
