"""Muon steers kernels in the memory that they have, AdamW the rest, and both can be saved."""

import pytest
import torch
from torch import nn

from sora_core.train.optimizer import FACTOR, MuonAdamW, adamw, clipped_step


def test_muon_moves_kernels_in_place_and_adamw_the_rest() -> None:
    layer = nn.Conv3d(4, 8, 3)
    before = {name: weight.detach().clone() for name, weight in layer.named_parameters()}
    optimizer = MuonAdamW(layer.named_parameters(), is_hidden=lambda name: True, muon_rate=0.1, adam_rate=0.01)
    for weight in layer.parameters():
        weight.grad = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
    optimizer.step(1.0)
    moved = layer.weight.detach() - before["weight"]
    spread = torch.linalg.svdvals(moved.flatten(1))
    assert spread.max() / spread.min() < 3  # an orthogonal step, whatever the gradient's own spread
    assert (layer.bias.detach() - before["bias"]).abs().max() == pytest.approx(0.01, rel=0.1)
    assert layer.weight.grad is None


def test_a_kernel_whose_channels_lie_innermost_is_moved_in_that_memory() -> None:
    kernel = nn.Parameter(torch.randn(8, 4, 3, 3, 3).contiguous(memory_format=torch.channels_last_3d))
    plain = nn.Parameter(kernel.detach().contiguous())
    address, gradient = kernel.data_ptr(), torch.randn(8, 4, 3, 3, 3)
    for weight in (kernel, plain):
        parameters = [("kernel", weight), ("bias", nn.Parameter(torch.zeros(8)))]
        optimizer = MuonAdamW(parameters, is_hidden=lambda name: True, muon_rate=0.1, adam_rate=0.01)
        weight.grad = gradient.clone()
        optimizer.step(1.0)
    assert kernel.data_ptr() == address
    assert kernel.is_contiguous(memory_format=torch.channels_last_3d)
    torch.testing.assert_close(kernel.detach(), plain.detach(), rtol=0, atol=1e-2)  # it may compute in bfloat16


def test_what_is_no_inner_matrix_and_every_vector_is_adamws() -> None:
    layers = nn.ModuleDict({"inner": nn.Linear(3, 3), "last": nn.Linear(3, 2)})
    optimizer = MuonAdamW(
        layers.named_parameters(), is_hidden=lambda name: name.startswith("inner"), muon_rate=0.1, adam_rate=0.01
    )
    assert [id(weight) for weight in optimizer.kernels] == [id(layers["inner"].weight)]
    assert len(optimizer.rest) == 3


def test_a_loaded_state_takes_the_steps_that_the_saved_one_would_have_taken() -> None:
    def stepped(layer: nn.Linear, optimizer: MuonAdamW) -> None:
        for weight in layer.parameters():
            weight.grad = torch.full_like(weight, 0.5)
        optimizer.step(0.5)

    torch.manual_seed(0)
    layer, other = nn.Linear(4, 4), nn.Linear(4, 4)
    first, second = (
        MuonAdamW(one.named_parameters(), is_hidden=lambda name: True, muon_rate=0.1, adam_rate=0.01)
        for one in (layer, other)
    )
    stepped(layer, first)
    other.load_state_dict(layer.state_dict())
    second.load_state_dict(first.state_dict())
    stepped(layer, first)
    stepped(other, second)
    assert torch.equal(layer.weight, other.weight)
    assert torch.equal(layer.bias, other.bias)


def test_a_clipped_step_has_its_rate_and_clears_the_gradients():
    weight = torch.nn.Parameter(torch.zeros(4))
    optimizer = torch.optim.SGD([weight], lr=7.0)
    weight.grad = torch.full((4,), 3.0)
    assert clipped_step(optimizer, 0.5) == pytest.approx(6.0)
    torch.testing.assert_close(weight.detach(), torch.full((4,), -0.25), rtol=0, atol=1e-4)  # a norm of 1 at 0.5
    assert weight.grad is None


class _Attention(nn.Module):
    """A weight, and the bias of positions that is added to attention scores."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(1, 1, bias=False)
        self.relative_attention_bias = nn.Embedding(1, 1)

    def moved_by(self, step) -> tuple[float, float]:
        weights = (self.out.weight, self.relative_attention_bias.weight)
        before = [float(weight) for weight in weights]
        for weight in weights:
            weight.grad = torch.full_like(weight, 0.1)
        step()
        return tuple(old - float(weight) for old, weight in zip(before, weights, strict=True))


def test_biases_of_positions_learn_faster_than_all_else_in_both_optimisers() -> None:
    layer = _Attention()
    optimizer = adamw(layer.named_parameters(), rate=1e-3)
    assert layer.moved_by(lambda: clipped_step(optimizer, 1e-3)) == pytest.approx((1e-3, FACTOR * 1e-3), rel=0.05)
    layer = _Attention()
    both = MuonAdamW(
        layer.named_parameters(), is_hidden=lambda name: name == "out.weight", muon_rate=0.1, adam_rate=1e-3
    )
    _, positions = layer.moved_by(lambda: both.step(0.5))
    assert positions == pytest.approx(FACTOR * 0.5e-3, rel=0.05)
