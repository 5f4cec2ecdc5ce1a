"""Weights that grow on a CPU: a warning where it is much, an error where memory is too small, silence otherwise."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from checkpoint_files import tiny_dit
from sora_core.checkpoint import CheckpointError, load_dit
from sora_core.models.wan.dit import DiTConfig
from sora_core.tensors import state_dict as weights

WAN = DiTConfig(4, 4, 128, 80, 1, 2, 20, 16)
HELP = "use a GPU (device='cuda') or dtype=torch.bfloat16 to need less"


def stored_as(dtype: torch.dtype, path: Path) -> Path:
    save_file({name: tensor.to(dtype) for name, tensor in tiny_dit(WAN).state_dict().items()}, path)
    return path


@pytest.fixture
def half(tmp_path: Path) -> Path:
    return stored_as(torch.bfloat16, tmp_path / "half.safetensors")


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "LARGE", 1)


def no_reading(*arguments: object) -> None:
    raise AssertionError("weights were read")


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float8_e4m3fn])
def test_weights_that_grow_are_warned_of_once_with_both_sizes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype
) -> None:
    path = stored_as(dtype, tmp_path / "narrow.safetensors")
    numbers = sum(weight.numel() for weight in tiny_dit(WAN).parameters())
    monkeypatch.setattr(weights, "GB", numbers)  # so that the two sizes are bytes of each number
    with caplog.at_level(logging.WARNING):
        assert load_dit(path).dtype == torch.float32
    (record,) = caplog.records
    name = str(dtype).removeprefix("torch.")
    assert record.getMessage() == (
        f"{path} holds {dtype.itemsize}.0 GB of weights in {name}, which on a CPU become 4.0 GB of float32 in memory; "
        f"{HELP}"
    )


@pytest.mark.usefixtures("everything_is_large")
def test_weights_that_stay_as_they_are_are_not_warned_of(
    half: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        load_dit(half, dtype=torch.bfloat16)
        load_dit(half, runs_on="cuda")
        load_dit(stored_as(torch.float32, tmp_path / "full.safetensors"))
    assert caplog.records == []


def test_small_models_stay_silent(half: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load_dit(half)
    assert caplog.records == []


def test_the_limit_of_the_warning_is_two_gigabytes_in_memory(
    half: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = 4 * sum(weight.numel() for weight in tiny_dit(WAN).parameters())
    assert weights.LARGE == 2 * 10**9
    for limit, warnings in ((needed + 1, 0), (needed, 1)):
        caplog.clear()
        monkeypatch.setattr(weights, "LARGE", limit)
        with caplog.at_level(logging.WARNING):
            load_dit(half)
        assert len(caplog.records) == warnings


def test_more_than_the_memory_is_refused_before_a_weight_is_read(half: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = sum(weight.numel() for weight in tiny_dit(WAN).parameters())
    monkeypatch.setattr(weights, "GB", numbers)
    monkeypatch.setattr(weights, "_physical_memory", lambda: 4 * numbers - 1)
    with monkeypatch.context() as patched:
        patched.setattr(weights, "MappedTensors", no_reading)
        with pytest.raises(CheckpointError) as caught:
            load_dit(half)
    assert str(caught.value) == (
        f"{half} holds 2.0 GB of weights in bfloat16, which on a CPU become 4.0 GB of float32, but this machine has "
        f"4.0 GB of memory; {HELP}"
    )
    assert load_dit(half, dtype=torch.bfloat16).dtype == torch.bfloat16
    monkeypatch.setattr(weights, "_physical_memory", lambda: 4 * numbers)
    assert load_dit(half).dtype == torch.float32


def test_a_system_that_does_not_tell_its_memory_refuses_nothing(half: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert load_dit(half).dtype == torch.float32


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="needs a system that tells its memory")
@pytest.mark.parametrize(("pages", "refused"), [(1, True), (-1, False)])
def test_the_memory_is_what_the_system_says(
    half: Path, monkeypatch: pytest.MonkeyPatch, pages: int, refused: bool
) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}.__getitem__)
    if refused:
        with pytest.raises(CheckpointError, match="this machine has 0"):
            load_dit(half)
    else:
        assert load_dit(half).dtype == torch.float32
