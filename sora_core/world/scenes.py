"""Exact state of a batch of scenes: bodies that start somewhere, move at constant speed and bounce at the edges.

Positions are closed-form functions of time, so any frame rate, duration and aspect ratio reads the same state.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch

from ..canvas.shapes import VideoShape
from .attributes import Attributes, Shape
from .kinds import Hidden, Pair, Panned, Scene, Sized

RADIUS_RANGE = (0.165, 0.20)
ABSENT = -1.0  # radius of a body that is not there
ALONG = (0.0, 0.45)  # where a body starts along its way, as a fraction of it
LANES = ((0.0, 0.12), (0.88, 1.0))  # of two bodies, across their way
PAIR_RADIUS = (0.11, 0.135)
PAN_RADIUS, PAN_ALONG, PAN_SPEED = (0.13, 0.16), (0.0, 0.3), (0.12, 0.18)
STRIPE_PERIOD = 0.25
WALL_RADIUS, WALL_ALONG, WALL_SPEED = (0.09, 0.10), (0.0, 0.08), (0.24, 0.28)
WALL_HALF_WIDTH, WALL_GAP = 0.115, (0.01, 0.03)  # the gap is between the body at its start and the wall


@dataclass(frozen=True)
class Scenes:
    """B scenes of K bodies each. Lengths are in units of sqrt(height * width), times in seconds.

    wanted:      what was asked for, one per scene
    shape:       [B K] index into Shape
    colour:      [B K 3] rgb in 0..1
    background:  [B 3] rgb in 0..1
    radius:      [B K], negative where there is no body
    start:       [B K 2] (y, x) as fractions of the free range along each axis
    velocity:    [B K 2] (y, x) units per second
    camera:      [B 2] (y, x) units per second
    stripes:     [B 3] (1 where the ground is striped across y, across x, phase as a fraction of a period)
    wall:        [B 2] (x from the first body's start to the wall's middle, half its width; 0 where there is none)
    wall_colour: [B 3] rgb in 0..1
    """

    wanted: tuple[Scene, ...]
    shape: torch.Tensor
    colour: torch.Tensor
    background: torch.Tensor
    radius: torch.Tensor
    start: torch.Tensor
    velocity: torch.Tensor
    camera: torch.Tensor
    stripes: torch.Tensor
    wall: torch.Tensor
    wall_colour: torch.Tensor

    def __len__(self) -> int:
        return len(self.wanted)

    def to(self, device: torch.device | str) -> Scenes:
        """The same scenes with tensors on `device`."""
        names = [field.name for field in fields(self) if field.name != "wanted"]
        return Scenes(self.wanted, **{name: getattr(self, name).to(device) for name in names})

    def centres(self, video: VideoShape, fps: float) -> torch.Tensor:
        """Body centres in pixels at each frame, as the camera sees them: [B K F 2] as (y, x)."""
        unit = (video.height * video.width) ** 0.5
        radius = (self.radius * unit)[:, :, None, None]
        free = self._free(video)[:, :, None]  # [B K 1 2]
        travelled = self.velocity[:, :, None] * unit * self._times(video, fps)  # [B K F 2]
        in_world = radius + _bounce(self.start[:, :, None] * free + travelled, free)
        return in_world - self.camera_path(video, fps)[:, None]

    def camera_path(self, video: VideoShape, fps: float) -> torch.Tensor:
        """How far the camera has moved at each frame, in pixels: [B F 2] as (y, x)."""
        return self.camera[:, None] * (video.height * video.width) ** 0.5 * self._times(video, fps)

    def wall_edges(self, video: VideoShape) -> tuple[torch.Tensor, torch.Tensor]:
        """Left and right edge of each wall in pixels: [B] and [B]."""
        unit = (video.height * video.width) ** 0.5
        begin = self.radius[:, 0] * unit + self.start[:, 0, 1] * self._free(video)[:, 0, 1]
        middle, half = begin + self.wall[:, 0] * unit, self.wall[:, 1] * unit
        return middle - half, middle + half

    def _free(self, video: VideoShape) -> torch.Tensor:
        """Lengths in pixels in which the centres can move: [B K 2]."""
        size = torch.tensor([video.height, video.width], device=self.start.device, dtype=self.start.dtype)
        return (size - 2 * (self.radius * (video.height * video.width) ** 0.5)[..., None]).clamp(min=1.0)

    def _times(self, video: VideoShape, fps: float) -> torch.Tensor:
        return torch.arange(video.frames, device=self.start.device, dtype=self.start.dtype)[:, None] / fps  # [F 1]


def _bounce(position: torch.Tensor, free: torch.Tensor) -> torch.Tensor:
    """Reflect an unbounded position into [0, free]."""
    return free - (position.remainder(2 * free) - free).abs()


@dataclass
class _Body:
    """One body of a scene to be, see Scenes."""

    is_like: Attributes
    radius: float = ABSENT
    start: tuple[float, float] = (0.0, 0.0)
    velocity: tuple[float, float] = (0.0, 0.0)


@dataclass
class _Draft:
    """One scene to be, see Scenes."""

    bodies: list[_Body]
    camera: tuple[float, float] = (0.0, 0.0)
    stripes: tuple[float, float, float] = (0.0, 0.0, 0.0)
    wall: tuple[float, float] = (0.0, 0.0)
    wall_colour: tuple[float, float, float] = (0.0, 0.0, 0.0)


def sample_scenes(wanted: Sequence[Scene], rng: random.Random) -> Scenes:
    """One scene for each that is asked for, with random radius, start and exact speed.

    A body starts in the trailing half of its range, so that its first motion is long enough to be read.
    """
    drafts = [_draft(one, rng) for one in wanted]
    bodies = max(len(draft.bodies) for draft in drafts)
    for draft in drafts:
        draft.bodies += [_Body(draft.bodies[0].is_like)] * (bodies - len(draft.bodies))
    shapes = list(Shape)
    return Scenes(
        wanted=tuple(wanted),
        shape=torch.tensor([[shapes.index(body.is_like.shape) for body in draft.bodies] for draft in drafts]),
        colour=torch.tensor([[body.is_like.colour.rgb for body in draft.bodies] for draft in drafts]),
        background=torch.tensor([draft.bodies[0].is_like.background.rgb for draft in drafts]),
        radius=torch.tensor([[body.radius for body in draft.bodies] for draft in drafts]),
        start=torch.tensor([[body.start for body in draft.bodies] for draft in drafts]),
        velocity=torch.tensor([[body.velocity for body in draft.bodies] for draft in drafts]),
        camera=torch.tensor([draft.camera for draft in drafts]),
        stripes=torch.tensor([draft.stripes for draft in drafts]),
        wall=torch.tensor([draft.wall for draft in drafts]),
        wall_colour=torch.tensor([draft.wall_colour for draft in drafts]),
    )


def _draft(wanted: Scene, rng: random.Random) -> _Draft:
    if isinstance(wanted, Attributes):
        return _Draft([_body(wanted, rng)])
    if isinstance(wanted, Sized):
        crowded = wanted.size.range[0] > RADIUS_RANGE[1]  # little room is left: start at its beginning
        along = (0.0, 0.1) if crowded else ALONG
        return _Draft([_body(wanted.first, rng, radius=wanted.size.range, along=along)])
    if isinstance(wanted, Pair):
        lanes = rng.sample(LANES, k=2)
        pair = zip((wanted.first, wanted.second), lanes, strict=True)
        return _Draft([_body(one, rng, radius=PAIR_RADIUS, across=lane) for one, lane in pair])
    if isinstance(wanted, Panned):
        return _panned(wanted, rng)
    return _hidden(wanted, rng)


def _panned(wanted: Panned, rng: random.Random) -> _Draft:
    """The camera moves on; so the body starts on the side that the camera moves to."""
    step, speed = wanted.first.direction.step, rng.uniform(*PAN_SPEED)
    body = _body(wanted.first, rng, radius=PAN_RADIUS, along=PAN_ALONG)
    body.start, body.velocity = (1 - body.start[0], 1 - body.start[1]), (0.0, 0.0)
    return _Draft(
        [body],
        camera=(step[0] * speed, step[1] * speed),
        stripes=(float(step[0] != 0), float(step[1] != 0), rng.random()),
    )


def _hidden(wanted: Hidden, rng: random.Random) -> _Draft:
    body = _body(wanted.first, rng, radius=WALL_RADIUS, along=WALL_ALONG, speed=WALL_SPEED)
    away = body.radius * 1.15 + rng.uniform(*WALL_GAP) + WALL_HALF_WIDTH
    side = wanted.first.direction.step[1]
    return _Draft([body], wall=(side * away, WALL_HALF_WIDTH), wall_colour=wanted.wall.rgb)


def _body(
    wanted: Attributes,
    rng: random.Random,
    *,
    radius: tuple[float, float] = RADIUS_RANGE,
    along: tuple[float, float] = ALONG,
    across: tuple[float, float] = (0.0, 1.0),
    speed: tuple[float, float] | None = None,
) -> _Body:
    """A body somewhere in these ranges; the speed is what its attributes say where none is given."""
    at, beside, pace = rng.uniform(*along), rng.uniform(*across), rng.uniform(*(speed or wanted.speed.range))
    step = wanted.direction.step
    return _Body(
        wanted,
        radius=rng.uniform(*radius),
        start=(_start(step[0], at, beside), _start(step[1], at, beside)),
        velocity=(step[0] * pace, step[1] * pace),
    )


def _start(step: int, along: float, across: float) -> float:
    """Start on one axis as a fraction of its range, behind the motion where there is motion."""
    return across if step == 0 else along if step > 0 else 1.0 - along
