"""MuonAdamW: Muon for hidden matrices and kernels, AdamW for all other parameters; and a step of any one optimiser.

Muon takes matrices, so convolution kernels are passed as 2-D views of the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from .distributed import all_reduce_gradients
from .muon import Muon

POSITIONS, FACTOR = "relative_attention_bias", 30.0
"""Parameters that are added to attention scores, and how much faster they learn.

A head that looks at the next token needs a bias of several units. Adam moves a weight by its rate at each step, which
is thousands of steps; until then a text encoder sees no order of words.
"""


class MuonAdamW:
    """Muon and AdamW as one optimiser.

    is_hidden: whether Muon takes the parameter of a name, if it is a matrix or kernel. First and last layers and
        embeddings belong to AdamW.
    muon_rate, adam_rate: full learning rates; `step` scales both.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[str, nn.Parameter]],
        *,
        is_hidden: Callable[[str], bool],
        muon_rate: float,
        adam_rate: float,
        betas: tuple[float, float] = (0.9, 0.98),
    ) -> None:
        everything = [(name, parameter) for name, parameter in parameters if parameter.requires_grad]
        self.kernels = [parameter for name, parameter in everything if parameter.ndim >= 2 and is_hidden(name)]
        inner = {id(parameter) for parameter in self.kernels}
        self.matrices = [nn.Parameter(_as_matrix(kernel.detach(), kernel)) for kernel in self.kernels]
        rest = [(name, parameter) for name, parameter in everything if id(parameter) not in inner]
        self.rest = [parameter for _, parameter in rest]
        assert all(
            matrix.data_ptr() == kernel.data_ptr() for matrix, kernel in zip(self.matrices, self.kernels, strict=True)
        )
        self.muon = Muon(self.matrices, lr=muon_rate, weight_decay=0.01)
        self.adam = adamw(rest, rate=adam_rate, betas=betas)
        self.rates = (muon_rate, adam_rate)

    def step(self, scale: float) -> float:
        """Apply and clear the gradients; returns their norm before clipping. Only AdamW's are clipped, to norm 1."""
        all_reduce_gradients([*self.kernels, *self.rest])
        norm = nn.utils.get_total_norm([p.grad for p in (*self.kernels, *self.rest) if p.grad is not None])
        nn.utils.clip_grad_norm_(self.rest, 1.0)
        for matrix, kernel in zip(self.matrices, self.kernels, strict=True):
            matrix.grad = None if kernel.grad is None else _as_matrix(kernel.grad, kernel)
        for optimizer, rate in zip((self.muon, self.adam), self.rates, strict=True):
            _set_rate(optimizer, rate * scale)
            optimizer.step()
        for parameter in (*self.kernels, *self.rest):
            parameter.grad = None
        return float(norm)

    def state_dict(self) -> dict[str, Any]:
        """Return the states of both optimisers."""
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load the states of both optimisers."""
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])


def adamw(
    parameters: Iterable[tuple[str, nn.Parameter]], *, rate: float, betas: tuple[float, float] = (0.9, 0.98)
) -> torch.optim.AdamW:
    """Make AdamW for named parameters; those of POSITIONS are a group whose rate has a "factor"."""
    named = list(parameters)
    positions = [parameter for name, parameter in named if POSITIONS in name]
    groups: list[dict[str, Any]] = [{"params": [parameter for name, parameter in named if POSITIONS not in name]}]
    if positions:
        groups.append({"params": positions, "factor": FACTOR, "weight_decay": 0.0})
    return torch.optim.AdamW(groups, lr=rate, betas=betas, weight_decay=0.01)


def clipped_step(optimizer: torch.optim.Optimizer, rate: float) -> float:
    """Apply and clear the gradients of one optimiser at a rate; returns their norm, which is clipped to 1."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    all_reduce_gradients(parameters)
    norm = nn.utils.clip_grad_norm_(parameters, 1.0)
    _set_rate(optimizer, rate)
    optimizer.step()
    optimizer.zero_grad()
    return float(norm)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("factor", 1.0)


def _as_matrix(tensor: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Flatten [O ...] to a matrix [O N], with columns in the memory order of the kernel."""
    order = sorted(range(1, kernel.ndim), key=kernel.stride, reverse=True)
    return tensor.permute(0, *order).flatten(1)
