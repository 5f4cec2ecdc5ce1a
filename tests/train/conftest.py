"""Tasks of a tiny model, whose steps take milliseconds."""

from __future__ import annotations

import pytest
import torch

from sora_core.train.dit_task import DiTTask
from sora_core.train.vae_task import VAETask
from tiny import tiny_vae
from tiny_preset import tiny_preset
from tiny_training import vae_run

CPU = torch.device("cpu")


@pytest.fixture
def vae_task() -> VAETask:
    return VAETask.fresh(vae_run())


@pytest.fixture
def dit_task(monkeypatch: pytest.MonkeyPatch) -> DiTTask:
    monkeypatch.setattr("sora_core.train.dit_task.FIRST_FILL", 4)
    monkeypatch.setattr("sora_core.train.dit_task.PATCHES_PER_STEP", 32)
    monkeypatch.setattr("sora_core.train.dit_task.NEW_CLIPS_PER_STEP", 1)
    return DiTTask(tiny_preset(), tiny_vae(), device=CPU, seed=0)
