"""Tasks of a tiny model, whose steps take milliseconds."""

from __future__ import annotations

import pytest

from sora_core.train.dit_task import DiTTask
from sora_core.train.vae_task import VAETask
from tiny import tiny_vae
from tiny_training import tiny_run


@pytest.fixture
def vae_task() -> VAETask:
    return VAETask.fresh(tiny_run())


@pytest.fixture
def dit_task() -> DiTTask:
    return DiTTask(tiny_run(), tiny_vae())
