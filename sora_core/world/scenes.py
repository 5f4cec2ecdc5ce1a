"""Exact state of a batch of scenes: bodies that start somewhere, move at constant speed and bounce at the edges.

Positions are closed-form functions of time, so any frame rate, duration and aspect ratio reads the same state.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..shapes import VideoShape
from .attributes import Attributes, Shape

RADIUS_RANGE = (0.165, 0.20)


@dataclass(frozen=True)
class Scenes:
    """B scenes of K bodies each. Lengths are in units of sqrt(height * width), times in seconds.

    attributes: what was asked for, one per scene (of its first body)
    shape:      [B K] index into Shape
    colour:     [B K 3] rgb in 0..1
    background: [B 3] rgb in 0..1
    radius:     [B K]
    start:      [B K 2] (y, x) as fractions of the free range along each axis
    velocity:   [B K 2] (y, x) units per second
    """

    attributes: tuple[Attributes, ...]
    shape: torch.Tensor
    colour: torch.Tensor
    background: torch.Tensor
    radius: torch.Tensor
    start: torch.Tensor
    velocity: torch.Tensor

    def __len__(self) -> int:
        return len(self.attributes)

    def to(self, device: torch.device | str) -> Scenes:
        """The same scenes with tensors on `device`."""
        names = ("shape", "colour", "background", "radius", "start", "velocity")
        return Scenes(self.attributes, **{name: getattr(self, name).to(device) for name in names})

    def centres(self, video: VideoShape, fps: float) -> torch.Tensor:
        """Body centres in pixels at each frame: [B K F 2] as (y, x)."""
        unit = (video.height * video.width) ** 0.5
        size = torch.tensor([video.height, video.width], device=self.start.device, dtype=self.start.dtype)
        radius = (self.radius * unit)[..., None]  # [B K 1]
        free = (size - 2 * radius).clamp(min=1.0)  # [B K 2]
        time = torch.arange(video.frames, device=self.start.device, dtype=self.start.dtype) / fps
        travelled = self.velocity[:, :, None] * unit * time[:, None]  # [B K F 2]
        free = free[:, :, None]
        return radius[:, :, None] + _bounce(self.start[:, :, None] * free + travelled, free)


def _bounce(position: torch.Tensor, free: torch.Tensor) -> torch.Tensor:
    """Reflect an unbounded position into [0, free]."""
    return free - (position.remainder(2 * free) - free).abs()


def sample_scenes(combinations: Sequence[Attributes], rng: random.Random) -> Scenes:
    """One scene per given combination, with random radius, start and exact speed.

    A body starts in the trailing half of its range, so that its first motion is long enough to be read.
    """
    radius, start, velocity = [], [], []
    for wanted in combinations:
        along = rng.uniform(0.0, 0.45)
        across = rng.uniform(0.0, 1.0)
        speed = rng.uniform(*wanted.speed.range)
        step = wanted.direction.step
        radius.append([rng.uniform(*RADIUS_RANGE)])
        start.append([[_start(step[0], along, across), _start(step[1], along, across)]])
        velocity.append([[step[0] * speed, step[1] * speed]])
    shapes = list(Shape)
    return Scenes(
        attributes=tuple(combinations),
        shape=torch.tensor([[shapes.index(wanted.shape)] for wanted in combinations]),
        colour=torch.tensor([[wanted.colour.rgb] for wanted in combinations]),
        background=torch.tensor([wanted.background.rgb for wanted in combinations]),
        radius=torch.tensor(radius),
        start=torch.tensor(start),
        velocity=torch.tensor(velocity),
    )


def _start(step: int, along: float, across: float) -> float:
    """Start on one axis as a fraction of its range, behind the motion where there is motion."""
    return across if step == 0 else along if step > 0 else 1.0 - along
