"""Small checkpoints for tests, and the message of one that is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from sora_core.checkpoint import CheckpointError, load_dit
from sora_core.models.wan.dit import DiTConfig, VideoDiT

CONFIG = DiTConfig(4, 4, 48, 80, 2, 2, 20, 16, pooled_text=True)


def tiny_dit(config: DiTConfig = CONFIG) -> VideoDiT:
    torch.manual_seed(0)
    model = VideoDiT(config)
    nn.init.normal_(model.head.head.weight)
    return model.eval()


def rejected(path: Path, load: Callable[[Path], nn.Module] = load_dit) -> str:
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    return message.replace(str(path), "FILE")  # its folder is named after the test: no source of words to look for
