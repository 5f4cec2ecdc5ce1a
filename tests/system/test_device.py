"""A device that is there is given back, one that is not is refused by name; its free memory is known or None."""

import pytest
import torch

from sora_core.system import device as device_module
from sora_core.system.device import free_memory, usable_device


def test_the_cpu_can_be_used():
    assert usable_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["nonsense", "cuda:99", "xpu:99"])
def test_a_device_that_is_not_there_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"got device '{name}', expected one"):
        usable_device(name)


def test_the_free_memory_of_a_cpu_is_what_linux_says_is_available(tmp_path, monkeypatch):
    said = tmp_path / "meminfo"
    said.write_text("MemTotal:       24000 kB\nMemFree:    10 kB\nMemAvailable:   2500 kB\nHugePages_Total:       0\n")
    monkeypatch.setattr(device_module, "MEMINFO", said)
    assert free_memory(torch.device("cpu")) == 2500 * 1024


def test_memory_that_cuda_has_freed_but_torch_keeps_counts_as_free(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 9000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 700)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 500)
    assert free_memory(torch.device("cuda", 0)) == 1200


def test_free_memory_that_nobody_can_tell_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(device_module, "MEMINFO", tmp_path / "absent")
    assert free_memory(torch.device("cpu")) is None
    assert free_memory(torch.device("meta")) is None
