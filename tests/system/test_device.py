"""A device that is there is given back, one that is not is refused by name."""

import pytest
import torch

from sora_core.system.device import usable_device


def test_the_cpu_can_be_used():
    assert usable_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["nonsense", "cuda:99", "xpu:99"])
def test_a_device_that_is_not_there_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"got device '{name}', expected one"):
        usable_device(name)
