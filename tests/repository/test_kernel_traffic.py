"""Kernels and bytes counted on the meta device (benchmarks/kernel_traffic.py), by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F

from benchmarks.kernel_traffic import traffic_of

META = torch.device("meta")
X = torch.empty(4, 6, dtype=torch.bfloat16, device=META)
ROW = torch.empty(1, 6, device=META)  # float32
HEADS = torch.empty(1, 2, 5, 8, device=META)


@pytest.mark.parametrize(
    ("call", "read", "written"),
    [
        (lambda: X + X, 96, 48),
        (lambda: X * ROW, 48 + 24, 96),
        (lambda: X * ROW.expand(4, 6), 48 + 24, 96),
        (lambda: X.float(), 48, 96),
        (lambda: X.t().contiguous(), 48, 48),
        (lambda: X.add_(1), 48, 48),
        (lambda: torch.mul(X, ROW, out=torch.empty_like(X)), 48 + 24, 48),
        (lambda: torch.empty(4, 6, device=META).copy_(X), 48, 96),
        (lambda: F.linear(X, torch.empty(3, 6, dtype=X.dtype, device=META), torch.empty(3, dtype=X.dtype, device=META)),
         48 + 36 + 6, 24),
        (lambda: F.scaled_dot_product_attention(HEADS, HEADS[:, :, :3], HEADS[:, :, :3]), 320 + 2 * 192, 320),
        (lambda: F.scaled_dot_product_attention(query=HEADS, key=HEADS, value=HEADS), 3 * 320, 320),
        (lambda: F.rms_norm(X, (6,), torch.empty(6, dtype=X.dtype, device=META)), 48 + 12, 48),
        (lambda: F.rms_norm(X, (6,)), 48, 48),
    ],
    ids=["sum", "mixed", "broadcast", "cast", "copy", "in place", "out", "overwritten", "linear", "attention",
         "attention by name", "norm", "plain norm"],
)  # fmt: skip
def test_one_kernel_reads_its_operands_and_writes_its_result(
    call: Callable[[], object], read: int, written: int
) -> None:
    found = traffic_of(call)
    assert found.launches == 1
    assert (found.read, found.written, found.bytes) == (read, written, read + written)


def test_views_and_allocations_cost_nothing() -> None:
    found = traffic_of(
        lambda: (X.t(), X.view(2, 12), X[:, :3], X[None].expand(5, 4, 6), X.unbind(), torch.empty_like(X))
    )
    assert (found.launches, found.bytes) == (0, 0)


def test_casts_are_told_apart() -> None:
    found = traffic_of(lambda: X.float() + X.float())
    assert (found.launches, found.casts) == (3, 2)


def test_a_norm_in_parts_is_what_the_meta_device_dispatches() -> None:
    weight = torch.empty(6, dtype=X.dtype, device=META)
    assert traffic_of(lambda: F.rms_norm(X, (6,), weight), fused_norms=False).launches == 8


@pytest.mark.filterwarnings("ignore:Mismatch dtype")
def test_a_norm_whose_weight_has_another_dtype_has_no_kernel() -> None:
    assert traffic_of(lambda: F.rms_norm(X, (6,), torch.empty(6, device=META))).launches > 1


def test_the_peak_is_what_lives_at_once_of_what_was_made() -> None:
    def chain() -> torch.Tensor:
        one = X + 1  # 48 bytes
        two = one.float()  # 96
        del one
        return two * 2  # 96, beside the other 96

    assert traffic_of(chain).peak == 192
    assert traffic_of(lambda: X.view(24)).peak == 0
