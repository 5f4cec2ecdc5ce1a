"""Arithmetic in half precision over float32 weights, where the machine is faster in it."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sora_core.train import precision
from sora_core.train.precision import call_in, training_dtype


class Attended(nn.Module):
    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return F.scaled_dot_product_attention(q, k, v)


@pytest.fixture(autouse=True)
def nothing_was_timed() -> Iterator[None]:
    precision._cpu_is_faster_in_bfloat16.cache_clear()
    yield
    precision._cpu_is_faster_in_bfloat16.cache_clear()


@pytest.mark.parametrize(
    ("device", "half", "dtype"),
    [
        ("cuda", 2.0, torch.bfloat16),
        ("cpu", 0.5, torch.bfloat16),
        ("cpu", 2.0, torch.float32),
        ("mps", 0.5, torch.float32),
    ],
)
def test_bfloat16_is_for_gpus_and_for_cpus_that_are_faster_in_it(
    device: str, half: float, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product takes a second in float32 and `half` of them in bfloat16."""
    monkeypatch.setattr(precision, "_product_seconds", {torch.float32: 1.0, torch.bfloat16: half}.__getitem__)
    assert training_dtype(torch.device(device)) is dtype


def test_a_cpu_is_timed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = training_dtype(torch.device("cpu"))
    monkeypatch.delattr(precision, "_product_seconds")
    assert training_dtype(torch.device("cpu")) is first


def test_weights_are_rounded_for_the_call_alone_and_gradients_are_theirs_in_float32() -> None:
    layer = nn.Linear(2, 1, bias=False)
    nn.init.constant_(layer.weight, 1.001)  # in bfloat16 it is 1
    output = call_in(torch.bfloat16, layer, torch.tensor([[1.0, 2.0]], dtype=torch.bfloat16))
    assert output.dtype is torch.bfloat16
    assert output.item() == 3
    output.sum().backward()
    assert layer.weight.dtype is torch.float32
    assert torch.equal(layer.weight.grad, torch.tensor([[1.0, 2.0]]))
    assert torch.equal(layer.weight.detach(), torch.full((1, 2), 1.001))


def test_in_bfloat16_attention_by_products_is_attention() -> None:
    q, k, v = torch.randn(3, 2, 4, 10, 16, generator=torch.Generator().manual_seed(0)).bfloat16()
    ours = call_in(torch.bfloat16, Attended(), q, k, v)
    assert ours.dtype is torch.bfloat16
    exact = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    torch.testing.assert_close(ours.double(), exact, rtol=0, atol=0.03)
    assert torch.equal(ours, ((q * 16**-0.5) @ k.transpose(-1, -2)).softmax(-1) @ v)
    assert torch.equal(call_in(torch.float32, Attended(), q, k, v), F.scaled_dot_product_attention(q, k, v))
