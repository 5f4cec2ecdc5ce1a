"""Every way in which a library says that memory ran out is known, and nothing else."""

import pytest
import torch

from sora_core.language.server import ServerError
from sora_core.system.memory import free_memory, is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("tried to allocate 20 GiB"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("MPS backend Out Of Memory"),
    ],
)
def test_out_of_memory_is_known(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("shapes do not fit"),
        ValueError("x"),
        OSError("no space left"),
        ServerError("the server localhost failed with status 500 (CUDA out of memory)"),
    ],
)
def test_another_error_is_not_taken_for_it(error):
    assert not is_out_of_memory(error)


def test_free_memory_is_a_number_of_bytes_or_not_known():
    free = free_memory()
    assert free is None or 0 <= free < 1 << 50
