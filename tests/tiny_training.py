"""Training of the tiny model: small pools and batches of the flat domain."""

from __future__ import annotations

import torch

from sora_core.train.clip_pool import Refresh
from sora_core.train.clip_source import TrainingSources
from sora_core.train.config import Curriculum, VAETrainConfig
from sora_core.train.slots import PoolFolder
from sora_core.train.sources import build_sources
from sora_core.train.vae_task import VAERun
from tiny_preset import tiny_preset

CPU = torch.device("cpu")
FLAT = (("flat", 1.0),)
LENGTHS = Curriculum(4, (5,), (5, 9), rate=1.0)
VAE_CONFIG = VAETrainConfig(
    frames_per_step=20,
    pool=Refresh(first=8, per_step=1, capacity=24),
    from_scratch=LENGTHS,
    further=LENGTHS,
    of_decoder=LENGTHS,
    statistics_batches=4,
    statistics_clips=4,
    sheet_clips=2,
)


def tiny_sources(weights: tuple[tuple[str, float], ...] = FLAT) -> TrainingSources:
    return build_sources(weights, tiny_preset().fps, CPU, step=4)


def vae_run(
    *, seed: int = 0, config: VAETrainConfig = VAE_CONFIG, pool: PoolFolder | None = None, device: torch.device = CPU
) -> VAERun:
    return VAERun(tiny_preset(), tiny_sources(), config, device, seed, pool)
