"""Training of the tiny model: small pools and batches of the flat domain."""

from __future__ import annotations

from pathlib import Path

import torch

from sora_core.train.clip_pool import Refresh
from sora_core.train.clip_source import TrainingSources
from sora_core.train.config import Curriculum, DiTTrainConfig, TrainConfig, VAETrainConfig
from sora_core.train.run import Run
from sora_core.train.sources import build_sources
from tiny_preset import tiny_preset

CPU = torch.device("cpu")
LENGTHS = Curriculum(4, (5,), (5, 9), rate=1.0)
TRAINING = TrainConfig(
    tiny_preset(),
    vae=VAETrainConfig(
        frames_per_step=20,
        pool=Refresh(first=8, per_step=1, capacity=24),
        from_scratch=LENGTHS,
        further=LENGTHS,
        of_decoder=LENGTHS,
        statistics_batches=4,
        statistics_clips=4,
        sheet_clips=2,
    ),
    dit=DiTTrainConfig(
        patches_per_step=32, pool=Refresh(first=16, per_step=1, capacity=60), sheet_clips=2, text_fit_steps=200
    ),
)


def tiny_sources(weights: tuple[tuple[str, float], ...] = TRAINING.domains) -> TrainingSources:
    return build_sources(weights, tiny_preset().fps, CPU, step=4)


def tiny_run(
    *, seed: int = 0, config: TrainConfig = TRAINING, pool: Path | None = None, device: torch.device = CPU
) -> Run:
    return Run(config, tiny_sources(), device, seed, pool)
