"""Muon: steps along the orthogonal factor of each matrix's momentum (https://kellerjordan.github.io/posts/muon).

torch.optim.Muon always computes in bfloat16, which takes four times as long as float32 on a CPU without units for it,
and each process would compute all matrices. Here the processes share them.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from .distributed import rank, summed, world_size
from .precision import training_dtype

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic in the post: steepest at 0, singular values end in 0.7..1.2
ITERATIONS = 5
MOMENTUM = 0.95


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum for matrices [O I]; the first of these has the device and dtype of all.

    A step is lr * sqrt(max(1, O / I)) along a nearly orthogonal matrix. weight_decay: decoupled, as AdamW's.
    """

    def __init__(self, matrices: Iterable[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient. Gradients must be equal in all processes; a closure is not taken."""
        for group in self.param_groups:
            matrices = [matrix for matrix in group["params"] if matrix.grad is not None]
            for matrix, direction in zip(matrices, self._directions(matrices), strict=True):
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(direction, alpha=-group["lr"] * max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5)

    def _directions(self, matrices: list[nn.Parameter]) -> list[torch.Tensor]:
        """Update the momenta and orthogonalise them; each process does some and gets the others."""
        momenta = [self._momentum(matrix) for matrix in matrices]
        mine = range(rank(), len(momenta), world_size())
        return summed(
            [orthogonal(one) if index in mine else torch.zeros_like(one) for index, one in enumerate(momenta)]
        )

    def _momentum(self, matrix: nn.Parameter) -> torch.Tensor:
        assert matrix.grad is not None
        state = self.state[matrix]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(matrix)
        buffer: torch.Tensor = state["momentum_buffer"].lerp_(matrix.grad, 1 - MOMENTUM)
        return matrix.grad.lerp(buffer, MOMENTUM)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """Bring the singular values of a matrix [O I] to about 1 by Newton-Schulz iterations; 0 stays 0."""
    a, b, c = COEFFICIENTS
    x = matrix.to(training_dtype(matrix.device))
    if tall := x.shape[0] > x.shape[1]:
        x = x.T
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix)
