"""Scenes of solids: exact states of objects and camera, in closed form at any time.

The world has y up and the floor at y = 0. The camera starts on the positive z axis and looks towards the origin; x
points to its right. Lengths are in units of about the size of an object, times in seconds, angles in radians.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from ..palette import Colour
from .attributes import (
    AWAY,
    CROSSING,
    Attributes,
    Camera,
    Floor,
    Motion,
    Shape,
    Sky,
    Solid,
    all_combinations,
    allowed,
    held_out,
)

COUNTS = {1: 0.62, 2: 0.28, 3: 0.10}  # number of objects -> share of scenes
SIZES = {1: (0.86, 1.0), 2: (0.68, 0.78), 3: (0.56, 0.64)}  # number of objects -> range of sizes
SPEED = (0.9, 1.15)
REACH = {1: 1.45, 2: 1.7, 3: 1.9}  # an object that moves turns back at this distance from the middle
LANE = 0.95  # distance in depth between objects that pass one another
SPIN_RATE = (1.7, 2.2)
JUMP_HEIGHT, JUMP_PERIOD = (0.6, 0.75), (0.9, 1.05)
DISTANCE = 5.4
ORBIT_RATE = (0.45, 0.7)
NEAR, FAR, DOLLY_TIME = (3.7, 4.0), (6.6, 7.2), 2.5
AWAY_ANGLE, AWAY_PERIOD = (0.85, 0.95), 2.0
TILE = 2.0


@dataclass(frozen=True)
class SolidState:
    """Exact state of one object at time 0.

    x, z: position on the floor. size: half its height. yaw: angle around the vertical axis.
    rate: speed along x (negative to the left), or the rate of the spin. reach: where it turns back, in x.
    jump: height of its jumps. period: duration of a jump. phase: share of a jump that is over at time 0.
    """

    solid: Solid
    x: float
    z: float
    size: float
    yaw: float
    rate: float = 0.0
    reach: float = 0.0
    jump: float = 0.0
    period: float = 1.0
    phase: float = 0.0


@dataclass(frozen=True)
class CameraState:
    """Exact path of the camera. begin, end: distances from the middle. rate: of an orbit. away: angle of a pan."""

    camera: Camera
    begin: float = DISTANCE
    end: float = DISTANCE
    rate: float = 0.0
    away: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Exact state of a scene.

    behind: whether the last object crosses behind the first one, which stands still.
    tiles: offset of the floor's tiles along x and z, and their angle.
    """

    objects: tuple[SolidState, ...]
    floor: Floor
    sky: Sky
    camera: CameraState
    tiles: tuple[float, float, float]
    behind: bool = False

    @property
    def attributes(self) -> tuple[Attributes, ...]:
        """The combination of each object with floor, sky and camera."""
        return tuple(Attributes(one.solid, self.floor, self.sky, self.camera.camera) for one in self.objects)


def sample_scene(rng: random.Random, *, unseen: bool = False) -> Scene:
    """Draw a scene. unseen: its first object's combination is held out; without it no object's is."""
    count = rng.choices(list(COUNTS), list(COUNTS.values()))[0]
    while True:
        first = _first(rng, unseen=unseen)
        scene = scene_of(first, rng, count=count)
        if unseen or not held_out() & set(scene.attributes):
            return scene


def _first(rng: random.Random, *, unseen: bool) -> Attributes:
    """Draw the first object and its surroundings, with every camera, then every motion, equally often."""
    while True:
        camera, motion = rng.choice(_CAMERAS), rng.choice(list(Motion))
        solid = Solid(rng.choice(list(Shape)), rng.choice(list(Colour)), motion)
        one = Attributes(solid, rng.choice(list(Floor)), rng.choice(list(Sky)), camera)
        if allowed(solid, camera) and (one in held_out()) == unseen:
            return one


_CAMERAS = (Camera.STILL, Camera.STILL, *Camera)  # a still camera is more frequent


def scene_of(first: Attributes, rng: random.Random, *, count: int = 1, behind: bool | None = None) -> Scene:
    """Draw a scene around a combination, with `count` objects of different colours.

    behind: for two objects, whether the second crosses behind the first, which then stands still; None: at random.
    """
    solids = [first.solid]
    while len(solids) < count:
        taken = [one.colour for one in solids]
        solid = Solid(rng.choice(list(Shape)), rng.choice(far_colours(taken)), rng.choice(list(Motion)))
        if allowed(solid, first.camera):
            solids.append(solid)
    can_cross = count == 2 and first.solid.motion is Motion.STAND and first.camera not in (*AWAY, *_ORBITS)
    hides = can_cross and (rng.random() < 0.5 if behind is None else behind)
    if hides:
        solids[1] = solids[1]._replace(motion=rng.choice(CROSSING))
    return Scene(
        objects=_placed(solids, rng, hides=hides),
        floor=first.floor,
        sky=first.sky,
        camera=_sample_camera(first.camera, rng),
        tiles=(rng.uniform(0, 2 * TILE), rng.uniform(0, 2 * TILE), rng.uniform(0, math.pi / 2)),
        behind=hides,
    )


_ORBITS = (Camera.ORBIT_LEFT, Camera.ORBIT_RIGHT)


def far_colours(taken: list[Colour]) -> list[Colour]:
    """List the colours that are no neighbours on the palette of those taken."""
    colours = list(Colour)
    near = {(colours.index(one) + step) % len(colours) for one in taken for step in (-1, 0, 1)}
    return [colour for index, colour in enumerate(colours) if index not in near] or [
        colour for colour in colours if colour not in taken
    ]


def _placed(solids: list[Solid], rng: random.Random, *, hides: bool) -> tuple[SolidState, ...]:
    """Place objects side by side; where one crosses, each has a lane of its own in depth."""
    count = len(solids)
    crossing = any(one.motion in CROSSING for one in solids)
    spread = {1: 0.35, 2: 1.05, 3: 1.55}[count]
    across = [0.0] if count == 1 else [spread * (2 * index / (count - 1) - 1) for index in range(count)]
    depth = [LANE * (count - 1 - 2 * index) / max(1, count - 1) for index in range(count)]
    rng.shuffle(across)
    if not hides:
        rng.shuffle(depth)
    elif rng.random() < 0.5:
        across = [0.0, 0.0]
    placed = []
    for index, solid in enumerate(solids):
        jitter = 0.35 if count == 1 else 0.12
        z = (depth[index] if crossing else 0.0) + rng.uniform(-jitter, jitter)
        x = (0.25 * across[index] if hides else across[index]) + rng.uniform(-jitter, jitter)
        placed.append(_sample_solid(solid, rng, x=x, z=z, count=count))
    return tuple(placed)


def _sample_solid(solid: Solid, rng: random.Random, *, x: float, z: float, count: int) -> SolidState:
    size, yaw = rng.uniform(*SIZES[count]), rng.uniform(0, math.pi / 2)
    if solid.motion in CROSSING:
        side, reach = (-1.0 if solid.motion is Motion.LEFT else 1.0), REACH[count]
        start = -side * rng.uniform(0.62, 0.97) * reach
        return SolidState(solid, start, z, size, yaw, rate=side * rng.uniform(*SPEED), reach=reach)
    if solid.motion is Motion.SPIN:
        return SolidState(solid, x, z, size, yaw, rate=rng.uniform(*SPIN_RATE))
    if solid.motion is Motion.JUMP:
        height = rng.uniform(*JUMP_HEIGHT) * size
        return SolidState(
            solid, x, z, size, yaw, jump=height, period=rng.uniform(*JUMP_PERIOD), phase=rng.uniform(0, 1)
        )
    return SolidState(solid, x, z, size, yaw)


def _sample_camera(camera: Camera, rng: random.Random) -> CameraState:
    if camera in _ORBITS:
        return CameraState(camera, rate=rng.uniform(*ORBIT_RATE) * (1 if camera is Camera.ORBIT_RIGHT else -1))
    if camera is Camera.IN:
        return CameraState(camera, begin=rng.uniform(*FAR), end=rng.uniform(*NEAR))
    if camera is Camera.OUT:
        return CameraState(camera, begin=rng.uniform(*NEAR), end=rng.uniform(*FAR))
    if camera in AWAY:
        return CameraState(camera, away=rng.uniform(*AWAY_ANGLE) * (1 if camera is Camera.AWAY_RIGHT else -1))
    return CameraState(camera)


def random_attributes(rng: random.Random, count: int, *, unseen: bool = True) -> list[Attributes]:
    """Draw different combinations, held-out ones by default, for evaluations."""
    pool = sorted(held_out(), key=all_combinations().index) if unseen else list(all_combinations())
    return rng.sample(pool, count)
