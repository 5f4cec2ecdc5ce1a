"""Arithmetic in half precision over float32 weights, where the machine has units for it."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sora_core.train import precision
from sora_core.train.precision import call_in, training_dtype


class Attended(nn.Module):
    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return F.scaled_dot_product_attention(q, k, v)


@pytest.mark.parametrize(
    ("device", "units", "dtype"),
    [
        ("cuda", False, torch.bfloat16),
        ("cpu", True, torch.bfloat16),
        ("cpu", False, torch.float32),
        ("mps", True, torch.float32),
    ],
)
def test_bfloat16_is_for_gpus_and_for_cpus_with_units_for_it(
    device: str, units: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "_has_bfloat16_units", lambda: units)
    assert training_dtype(torch.device(device)) is dtype


def test_a_torch_that_cannot_say_has_no_units(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert training_dtype(torch.device("cpu")) is torch.float32


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
