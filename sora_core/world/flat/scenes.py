"""Exact state of a batch of scenes: objects that move at constant speed and bounce at the edges.

Positions are closed-form functions of time, so any fps, duration and aspect ratio can be rendered from one state.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch

from ...canvas.shapes import VideoShape
from .attributes import Attributes, Shape
from .kinds import Hidden, Pair, Panned, Scene, Sized

RADIUS_RANGE = (0.165, 0.20)
ABSENT = -1.0  # radius that marks a missing object
ALONG = (0.0, 0.45)  # range of starts along the direction of motion, as fractions of the free range
LANES = ((0.0, 0.12), (0.88, 1.0))  # ranges of starts of two objects across the direction of motion
PAIR_RADIUS = (0.11, 0.135)
PAN_RADIUS, PAN_ALONG, PAN_SPEED = (0.13, 0.16), (0.0, 0.3), (0.12, 0.18)
STRIPE_PERIOD = 0.25
WALL_RADIUS, WALL_ALONG, WALL_SPEED = (0.09, 0.10), (0.0, 0.08), (0.24, 0.28)
WALL_HALF_WIDTH, WALL_GAP = 0.115, (0.01, 0.03)  # gap between the object's start and the wall


@dataclass(frozen=True)
class Scenes:
    """B scenes of K objects each. Lengths are in units of sqrt(height * width), times in seconds.

    wanted:      specification of each scene
    shape:       [B K] index into Shape
    colour:      [B K 3] rgb in 0..1
    background:  [B 3] rgb in 0..1
    radius:      [B K], negative where there is no object
    start:       [B K 2] (y, x) as fractions of the free range along each axis
    velocity:    [B K 2] (y, x) units per second
    camera:      [B 2] (y, x) units per second
    stripes:     [B 3] (1 for stripes across y, 1 for stripes across x, phase as a fraction of a period)
    wall:        [B 2] (x from the first object's start to the wall's middle, half its width; 0 without a wall)
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
        """Move the tensors to `device`."""
        names = [field.name for field in fields(self) if field.name != "wanted"]
        return Scenes(self.wanted, **{name: getattr(self, name).to(device) for name in names})

    def centres(self, video: VideoShape, fps: float) -> torch.Tensor:
        """Compute object centres in the camera's frame, in pixels at each frame: [B K F 2] as (y, x)."""
        return self.centres_at(self._times(video, fps), video)

    def centres_at(self, times: torch.Tensor, video: VideoShape) -> torch.Tensor:
        """Compute object centres as `centres` does, at times [F 1] in seconds."""
        unit = (video.height * video.width) ** 0.5
        radius = (self.radius * unit)[:, :, None, None]
        free = self._free(video)[:, :, None]  # [B K 1 2]
        travelled = self.velocity[:, :, None] * unit * times  # [B K F 2]
        in_world = radius + _bounce(self.start[:, :, None] * free + travelled, free)
        return in_world - (self.camera[:, None] * unit * times)[:, None]

    def later(self, time: float, video: VideoShape) -> Scenes:
        """Return the scenes as they are after `time` seconds, at which they begin; the camera must stand still."""
        unit, free = (video.height * video.width) ** 0.5, self._free(video)
        travelled = self.start * free + self.velocity * unit * time
        goes_back = travelled.remainder(2 * free) > free
        velocity = torch.where(goes_back, -self.velocity, self.velocity)
        return replace(self, start=_bounce(travelled, free) / free, velocity=velocity)

    def camera_path(self, video: VideoShape, fps: float) -> torch.Tensor:
        """Compute the camera's displacement at each frame, in pixels: [B F 2] as (y, x)."""
        return self.camera[:, None] * (video.height * video.width) ** 0.5 * self._times(video, fps)

    def wall_edges(self, video: VideoShape) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute the left and right edge of each wall in pixels: [B] and [B]."""
        unit = (video.height * video.width) ** 0.5
        begin = self.radius[:, 0] * unit + self.start[:, 0, 1] * self._free(video)[:, 0, 1]
        middle, half = begin + self.wall[:, 0] * unit, self.wall[:, 1] * unit
        return middle - half, middle + half

    def _free(self, video: VideoShape) -> torch.Tensor:
        """Compute the ranges in pixels in which the centres can move: [B K 2]."""
        size = torch.tensor([video.height, video.width], device=self.start.device, dtype=self.start.dtype)
        return (size - 2 * (self.radius * (video.height * video.width) ** 0.5)[..., None]).clamp(min=1.0)

    def _times(self, video: VideoShape, fps: float) -> torch.Tensor:
        return torch.arange(video.frames, device=self.start.device, dtype=self.start.dtype)[:, None] / fps  # [F 1]


def join_scenes(batches: Sequence[Scenes]) -> Scenes:
    """Join batches of scenes into one; where a batch has fewer objects than another, the rest are absent."""
    count = max(batch.shape.shape[1] for batch in batches)
    padded = [_with_objects(batch, count) for batch in batches]
    names = [field.name for field in fields(Scenes) if field.name != "wanted"]
    wanted = tuple(scene for batch in batches for scene in batch.wanted)
    return Scenes(wanted, **{name: torch.cat([getattr(batch, name) for batch in padded]) for name in names})


def in_reading_order(scene: Scenes) -> Scenes:
    """Return a scene, a batch of one, with its objects in the order of their lanes: from the top, or from the left."""
    (wanted,) = scene.wanted
    if not isinstance(wanted, Pair):
        return scene
    lanes = scene.start[0, :, int(wanted.first.direction.step[0] != 0)]
    if lanes[0] < lanes[1]:
        return scene
    of_objects = {name: getattr(scene, name).flip(1) for name in ("shape", "colour", "radius", "start", "velocity")}
    return replace(scene, wanted=(Pair(wanted.second, wanted.first),), **of_objects)


def _with_objects(scenes: Scenes, count: int) -> Scenes:
    """Add absent objects up to `count`; shape and colour, which nobody sees, are those of the first."""
    missing = count - scenes.shape.shape[1]
    if not missing:
        return scenes
    fills = {"shape": None, "colour": None, "radius": ABSENT, "start": 0.0, "velocity": 0.0}
    columns = {}
    for name, value in fills.items():
        tensor: torch.Tensor = getattr(scenes, name)
        more = tensor[:, :1].expand(-1, missing, *tensor.shape[2:])
        columns[name] = torch.cat([tensor, more if value is None else torch.full_like(more, value)], dim=1)
    return Scenes(**{**vars(scenes), **columns})


def _bounce(position: torch.Tensor, free: torch.Tensor) -> torch.Tensor:
    """Reflect an unbounded position into [0, free]."""
    return free - (position.remainder(2 * free) - free).abs()


@dataclass
class _Object:
    """State of one object; see Scenes."""

    is_like: Attributes
    radius: float = ABSENT
    start: tuple[float, float] = (0.0, 0.0)
    velocity: tuple[float, float] = (0.0, 0.0)


@dataclass
class _Draft:
    """State of one scene; see Scenes."""

    objects: list[_Object]
    camera: tuple[float, float] = (0.0, 0.0)
    stripes: tuple[float, float, float] = (0.0, 0.0, 0.0)
    wall: tuple[float, float] = (0.0, 0.0)
    wall_colour: tuple[float, float, float] = (0.0, 0.0, 0.0)


def sample_scenes(wanted: Sequence[Scene], rng: random.Random) -> Scenes:
    """Sample a scene for each specification: random radius, start and exact speed.

    An object starts in the trailing half of its range, so that its first motion is long enough to be measured.
    """
    drafts = [_draft(one, rng) for one in wanted]
    count = max(len(draft.objects) for draft in drafts)
    for draft in drafts:
        draft.objects += [_Object(draft.objects[0].is_like)] * (count - len(draft.objects))
    shapes = list(Shape)
    return Scenes(
        wanted=tuple(wanted),
        shape=torch.tensor([[shapes.index(one.is_like.shape) for one in draft.objects] for draft in drafts]),
        colour=torch.tensor([[one.is_like.colour.rgb for one in draft.objects] for draft in drafts]),
        background=torch.tensor([draft.objects[0].is_like.background.rgb for draft in drafts]),
        radius=torch.tensor([[one.radius for one in draft.objects] for draft in drafts]),
        start=torch.tensor([[one.start for one in draft.objects] for draft in drafts]),
        velocity=torch.tensor([[one.velocity for one in draft.objects] for draft in drafts]),
        camera=torch.tensor([draft.camera for draft in drafts]),
        stripes=torch.tensor([draft.stripes for draft in drafts]),
        wall=torch.tensor([draft.wall for draft in drafts]),
        wall_colour=torch.tensor([draft.wall_colour for draft in drafts]),
    )


def _draft(wanted: Scene, rng: random.Random) -> _Draft:
    if isinstance(wanted, Attributes):
        return _Draft([_sample_object(wanted, rng)])
    if isinstance(wanted, Sized):
        crowded = wanted.size.range[0] > RADIUS_RANGE[1]  # little room to move: start at the edge
        along = (0.0, 0.1) if crowded else ALONG
        return _Draft([_sample_object(wanted.first, rng, radius=wanted.size.range, along=along)])
    if isinstance(wanted, Pair):
        lanes = rng.sample(LANES, k=2)
        pair = zip((wanted.first, wanted.second), lanes, strict=True)
        return _Draft([_sample_object(one, rng, radius=PAIR_RADIUS, across=lane) for one, lane in pair])
    if isinstance(wanted, Panned):
        return _panned(wanted, rng)
    return _hidden(wanted, rng)


def _panned(wanted: Panned, rng: random.Random) -> _Draft:
    """Start the object on the side to which the camera moves."""
    step, speed = wanted.first.direction.step, rng.uniform(*PAN_SPEED)
    still = _sample_object(wanted.first, rng, radius=PAN_RADIUS, along=PAN_ALONG)
    still.start, still.velocity = (1 - still.start[0], 1 - still.start[1]), (0.0, 0.0)
    return _Draft(
        [still],
        camera=(step[0] * speed, step[1] * speed),
        stripes=(float(step[0] != 0), float(step[1] != 0), rng.random()),
    )


def _hidden(wanted: Hidden, rng: random.Random) -> _Draft:
    moving = _sample_object(wanted.first, rng, radius=WALL_RADIUS, along=WALL_ALONG, speed=WALL_SPEED)
    away = moving.radius * 1.15 + rng.uniform(*WALL_GAP) + WALL_HALF_WIDTH
    side = wanted.first.direction.step[1]
    return _Draft([moving], wall=(side * away, WALL_HALF_WIDTH), wall_colour=wanted.wall.rgb)


def _sample_object(
    wanted: Attributes,
    rng: random.Random,
    *,
    radius: tuple[float, float] = RADIUS_RANGE,
    along: tuple[float, float] = ALONG,
    across: tuple[float, float] = (0.0, 1.0),
    speed: tuple[float, float] | None = None,
) -> _Object:
    """Sample an object from these ranges. speed: None for the range of its attributes."""
    at, beside, pace = rng.uniform(*along), rng.uniform(*across), rng.uniform(*(speed or wanted.speed.range))
    step = wanted.direction.step
    return _Object(
        wanted,
        radius=rng.uniform(*radius),
        start=(_start(step[0], at, beside), _start(step[1], at, beside)),
        velocity=(step[0] * pace, step[1] * pace),
    )


def _start(step: int, along: float, across: float) -> float:
    """Return the start on one axis as a fraction of its range: `along` the motion if there is any, else `across`."""
    return across if step == 0 else along if step > 0 else 1.0 - along
