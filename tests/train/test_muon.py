"""Muon takes the steps of torch's, and processes that share the matrices take the same."""

import pytest
import torch
from torch import nn

from sora_core.train import distributed, muon
from sora_core.train.muon import Muon, orthogonal

SIZES = (8, 8), (16, 4), (4, 16)


def matrices() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(size, generator=generator)) for size in SIZES]


def stepped(optimizer: torch.optim.Optimizer, weights: list[nn.Parameter], steps: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=generator)
        optimizer.step()
    return [weight.detach() for weight in weights]


def test_steps_are_those_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(muon, "training_dtype", lambda device: torch.bfloat16)  # as torch computes
    ours, theirs = matrices(), matrices()
    moved = stepped(Muon(ours, lr=0.1, weight_decay=0.01), ours, 3)
    expected = stepped(torch.optim.Muon(theirs, lr=0.1, weight_decay=0.01), theirs, 3)
    for one, other in zip(moved, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=2e-2)


def test_momentum_of_torch_s_muon_can_be_loaded() -> None:
    theirs, ours = matrices(), matrices()
    former, new = torch.optim.Muon(theirs, lr=0.1, weight_decay=0.01), Muon(ours, lr=0.1, weight_decay=0.01)
    stepped(former, theirs, 1)
    new.load_state_dict(former.state_dict())
    for one, other in zip(theirs, ours, strict=True):
        assert torch.equal(former.state[one]["momentum_buffer"], new.state[other]["momentum_buffer"])


@pytest.mark.parametrize("size", SIZES)
def test_singular_values_come_near_1(size: tuple[int, int]) -> None:
    spread = torch.linalg.svdvals(orthogonal(torch.randn(size, generator=torch.Generator().manual_seed(2))))
    assert 0.6 < float(spread.min()) <= float(spread.max()) < 1.3


def test_a_gradient_of_zero_moves_nothing() -> None:
    assert torch.equal(orthogonal(torch.zeros(3, 5)), torch.zeros(3, 5))


def test_processes_share_the_matrices_and_take_the_same_step(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = matrices()
    expected = stepped(Muon(alone, lr=0.1, weight_decay=0.01), alone, 1)
    sent: list[torch.Tensor] = []
    for module in (distributed, muon):
        monkeypatch.setattr(module, "world_size", lambda: 2)
    monkeypatch.setattr(distributed.dist, "all_reduce", lambda shared: sent.append(shared.clone()))
    for rank in range(2):  # each alone: what it would send
        monkeypatch.setattr(muon, "rank", lambda rank=rank: rank)
        weights = matrices()
        stepped(Muon(weights, lr=0.1, weight_decay=0.01), weights, 1)
    assert not (sent[0] * sent[1]).any()
    monkeypatch.setattr(distributed.dist, "all_reduce", lambda shared: shared.copy_(sent[0] + sent[1]))
    weights = matrices()
    moved = stepped(Muon(weights, lr=0.1, weight_decay=0.01), weights, 1)
    for one, other in zip(moved, expected, strict=True):
        assert torch.equal(one, other)
