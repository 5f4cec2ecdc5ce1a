"""How each part is trained: shares, rates, pools and curricula. Defaults are those of `nano`; tests pass small ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..models.nano import NANO, NANO_128, Preset
from ..models.wan.vae.losses import VAELossWeights
from .clip_pool import Refresh


@dataclass(frozen=True)
class Curriculum:
    """Lengths of the VAE's training clips, and the learning rate.

    short_steps: number of steps with lengths from `short`; more scenes per step teach colours and outlines sooner.
    short, long: lengths in frames, drawn uniformly; without long clips colours drift along a clip.
    rate: factor on the learning rates.
    """

    short_steps: int
    short: tuple[int, ...]
    long: tuple[int, ...]
    rate: float

    @property
    def longest(self) -> int:
        """The longest clip in frames."""
        return max(self.short + self.long)


@dataclass(frozen=True)
class VAETrainConfig:
    """Training of the VAE.

    frames_per_step: pixel frames in a step of each process.
    transition_share: transitions among the clips of the domain that has them.
    pool: rendered clips of each process, of all shapes together; each step cuts its clips from them.
    first_log_variance: of a new VAE; with 0 the latents would drown in noise for the first thousand steps.
    statistics_batches: batches of `statistics_clips` on which the latents' mean and standard deviation are measured.
    sheet_clips: clips on a sheet.
    """

    frames_per_step: int = 51
    muon_rate: float = 0.006
    adam_rate: float = 1e-3
    ema_decay: float = 0.998
    loss: VAELossWeights = field(default=VAELossWeights(squared=4.0, edges=0.1, changes=1.0, kl=2e-8))
    first_log_variance: float = -6.0
    transition_share: float = 0.4
    pool: Refresh = field(default=Refresh(first=48, per_step=0.5, capacity=600))
    from_scratch: Curriculum = Curriculum(1000, (5, 5, 5, 5, 9, 17), (5, 9, 17, 17), rate=1.0)
    further: Curriculum = Curriculum(0, (), (5, 9, 17, 33), rate=0.5)
    of_decoder: Curriculum = Curriculum(0, (), (9, 17, 17, 33), rate=0.4)
    statistics_batches: int = 16
    statistics_clips: int = 8
    sheet_clips: int = 8


@dataclass(frozen=True)
class TrainConfig:
    """Training of a model. domains: names of the world's domains with the relative shares of their clips."""

    preset: Preset
    domains: tuple[tuple[str, float], ...] = (("flat", 1.0),)
    vae: VAETrainConfig = field(default_factory=VAETrainConfig)


TRAININGS = {"nano": TrainConfig(NANO), "nano-128": TrainConfig(NANO_128)}
"""Trainings by name."""


def training_of(name: str) -> TrainConfig:
    """Return the training of this name; raises ValueError if there is none."""
    if name not in TRAININGS:
        raise ValueError(f"got the preset {name!r}, expected one of {', '.join(TRAININGS)}")
    return TRAININGS[name]
