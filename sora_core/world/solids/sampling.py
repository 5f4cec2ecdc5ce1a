"""Draws scenes of solids in which every object can be seen, in frames of any aspect ratio from 3:5 to 5:3."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import NamedTuple

from ..palette import Colour
from .attributes import (
    AWAY,
    CROSSING,
    ORBITS,
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
from .scenes import TILE, CameraState, Scene, SolidState
from .visibility import stays_visible

Range = tuple[float, float]


class Stage(NamedTuple):
    """Ranges for scenes with a number of objects, so that all of them fit into the frame.

    share: of all scenes. size: of an object. spread: x of the outer objects. lane: distance in depth between objects
    that pass one another. jitter: in x and z. reach: where a moving object turns back. start: where it starts, in
    reaches. distance, near, far: of the camera. away: angle by which it looks away.
    """

    share: float
    size: Range
    spread: float
    lane: float
    jitter: float
    reach: float
    start: Range
    distance: float
    near: Range
    far: Range
    away: Range


STAGES = {
    1: Stage(0.62, (0.86, 1.0), 0.0, 0.0, 0.35, 1.45, (0.62, 0.97), 5.4, (3.7, 4.0), (6.6, 7.2), (0.85, 0.95)),
    2: Stage(0.28, (0.68, 0.78), 1.05, 1.9, 0.12, 1.6, (0.2, 0.97), 5.8, (4.5, 4.8), (7.2, 7.8), (0.9, 1.0)),
    3: Stage(0.10, (0.50, 0.58), 1.4, 1.4, 0.06, 1.5, (0.2, 0.97), 6.7, (5.3, 5.6), (8.0, 8.6), (0.95, 1.05)),
}
SPEED = (0.9, 1.15)
SPIN_RATE = (1.7, 2.2)
JUMP_HEIGHT, JUMP_PERIOD = (0.6, 0.75), (0.78, 0.92)  # the height in sizes
JUMP_PHASE = (0.0, 0.15)  # a jump begins with the clip, so that a still of its beginning shows nothing in the air
ORBIT_RATE = (0.45, 0.7)
# An object that passes behind another one starts beside it, is hidden, and is out again on the other side in 2 s.
FRONT_SIZE, BACK_SIZE, BEHIND_LANE = (0.66, 0.74), (0.52, 0.58), 1.6
BEHIND_SHARE = 0.4  # of the scenes with two objects
BEHIND_REACH, BEHIND_START, BEHIND_SPEED = 2.0, (0.88, 0.97), (1.75, 1.9)
TRIES = 20  # places that are drawn for the same objects until all of them can be seen
CAMERAS = (Camera.STILL, Camera.STILL, *Camera)  # a still camera is more frequent


def sample_scene(rng: random.Random, *, unseen: bool = False) -> Scene:
    """Draw a scene. unseen: its first object's combination is held out; without it no object's is."""
    count = rng.choices(list(STAGES), [stage.share for stage in STAGES.values()])[0]
    behind = count == 2 and rng.random() < BEHIND_SHARE
    while True:
        first = sample_attributes(rng, unseen=unseen)
        if behind and not can_hide(first):
            continue
        scene = scene_of(first, rng, count=count, behind=behind)
        if unseen or not held_out() & set(scene.attributes):
            return scene


def sample_attributes(rng: random.Random, *, unseen: bool = False) -> Attributes:
    """Draw a combination, with every camera, then every motion, equally often."""
    while True:
        camera, motion = rng.choice(CAMERAS), rng.choice(list(Motion))
        solid = Solid(rng.choice(list(Shape)), rng.choice(list(Colour)), motion)
        one = Attributes(solid, rng.choice(list(Floor)), rng.choice(list(Sky)), camera)
        if allowed(solid, camera) and (one in held_out()) == unseen:
            return one


def random_attributes(rng: random.Random, count: int, *, unseen: bool = True) -> list[Attributes]:
    """Draw different combinations, held-out ones by default, for evaluations."""
    pool = sorted(held_out(), key=all_combinations().index) if unseen else list(all_combinations())
    return rng.sample(pool, count)


def scene_of(first: Attributes, rng: random.Random, *, count: int = 1, behind: bool = False) -> Scene:
    """Draw a scene around a combination, with `count` objects of different colours.

    behind: the second of two objects crosses behind the first, which must be able to hide it.
    """
    if behind and not (count == 2 and can_hide(first)):
        raise ValueError(f"got behind=True for {count} objects, the first {first}; expected two, see can_hide")
    while True:
        solids = _companions(first, rng, count)
        if behind:
            solids[1] = solids[1]._replace(motion=rng.choice(CROSSING))
        for _ in range(TRIES):  # new places come before new objects, so that no motion becomes rare
            scene = Scene(
                objects=_behind(solids, rng) if behind else _placed(solids, rng),
                floor=first.floor,
                sky=first.sky,
                camera=_sample_camera(first.camera, STAGES[count], rng),
                tiles=(rng.uniform(0, 2 * TILE), rng.uniform(0, 2 * TILE), rng.uniform(0, math.pi / 2)),
                behind=behind,
            )
            if count == 1 or behind or stays_visible(scene):
                return scene


def moved_on(scene: Scene, rng: random.Random, *, unseen: bool = False) -> Scene:
    """Draw what else the same objects, in the same surroundings, may do elsewhere, and another camera.

    unseen: the first object's combination is held out, as that of the scene must be; without it no object's is.
    """
    stage = STAGES[len(scene.objects)]
    while True:
        camera = rng.choice(CAMERAS)
        solids = [one.solid._replace(motion=rng.choice(list(Motion))) for one in scene.objects]
        if not all(allowed(solid, camera) for solid in solids):
            continue
        held = [Attributes(solid, scene.floor, scene.sky, camera) in held_out() for solid in solids]
        if not (held[0] if unseen else not any(held)):
            continue
        places = zip(_placed(solids, rng), scene.objects, strict=True)
        objects = tuple(replace(place, size=one.size) for place, one in places)
        moved = replace(scene, objects=objects, camera=_sample_camera(camera, stage, rng), behind=False)
        if len(objects) == 1 or stays_visible(moved):
            return moved


def can_hide(first: Attributes) -> bool:
    """Whether another object may pass behind this one: it stands, is as wide above as below, and stays in view."""
    stays = first.solid.motion is Motion.STAND and first.camera not in (*AWAY, *ORBITS)
    return stays and first.solid.shape is not Shape.CONE


def far_colours(taken: list[Colour]) -> list[Colour]:
    """List the colours that are no neighbours on the palette of those taken."""
    colours = list(Colour)
    near = {(colours.index(one) + step) % len(colours) for one in taken for step in (-1, 0, 1)}
    return [colour for index, colour in enumerate(colours) if index not in near]


def _companions(first: Attributes, rng: random.Random, count: int) -> list[Solid]:
    """Draw further objects until there are `count`, the first included."""
    solids = [first.solid]
    while len(solids) < count:
        colour = rng.choice(far_colours([one.colour for one in solids]))
        solid = Solid(rng.choice(list(Shape)), colour, rng.choice(list(Motion)))
        if allowed(solid, first.camera):
            solids.append(solid)
    return solids


def _placed(solids: list[Solid], rng: random.Random) -> tuple[SolidState, ...]:
    """Place objects side by side; where one crosses, each has a lane of its own in depth."""
    count, stage = len(solids), STAGES[len(solids)]
    crossing = any(one.motion in CROSSING for one in solids)
    steps = [0.0] if count == 1 else [2 * index / (count - 1) - 1 for index in range(count)]  # -1..1
    across, depth = rng.sample(steps, count), rng.sample(steps, count)
    return tuple(
        _sample_solid(
            solid,
            rng,
            x=stage.spread * across[index] + rng.uniform(-stage.jitter, stage.jitter),
            z=stage.lane * ((count - 1) / 2 * depth[index] - 0.25) * crossing
            + rng.uniform(-stage.jitter, stage.jitter),
            stage=stage,
        )
        for index, solid in enumerate(solids)
    )


def _behind(solids: list[Solid], rng: random.Random) -> tuple[SolidState, ...]:
    """Place a standing object in the middle, and one that crosses behind it."""
    stage = STAGES[2]._replace(jitter=0.08, reach=BEHIND_REACH, start=BEHIND_START)
    near, far = (side * BEHIND_LANE / 2 + rng.uniform(-0.05, 0.05) for side in (1, -1))
    return (
        _sample_solid(solids[0], rng, x=rng.uniform(-0.12, 0.12), z=near, stage=stage._replace(size=FRONT_SIZE)),
        _crossing(solids[1], rng, far, stage._replace(size=BACK_SIZE), speed=BEHIND_SPEED),
    )


def _sample_solid(solid: Solid, rng: random.Random, *, x: float, z: float, stage: Stage) -> SolidState:
    if solid.motion in CROSSING:
        return _crossing(solid, rng, z, stage, speed=SPEED)
    size, yaw = rng.uniform(*stage.size), rng.uniform(0, math.pi / 2)
    if solid.motion is Motion.SPIN:
        return SolidState(solid, x, z, size, yaw, rate=rng.uniform(*SPIN_RATE))
    if solid.motion is Motion.JUMP:
        height, period = rng.uniform(*JUMP_HEIGHT) * size, rng.uniform(*JUMP_PERIOD)
        return SolidState(solid, x, z, size, yaw, jump=height, period=period, phase=rng.uniform(*JUMP_PHASE))
    return SolidState(solid, x, z, size, yaw)


def _crossing(solid: Solid, rng: random.Random, z: float, stage: Stage, *, speed: Range) -> SolidState:
    side = -1.0 if solid.motion is Motion.LEFT else 1.0
    x = -side * rng.uniform(*stage.start) * stage.reach
    size, yaw = rng.uniform(*stage.size), rng.uniform(0, math.pi / 2)
    return SolidState(solid, x, z, size, yaw, rate=side * rng.uniform(*speed), reach=stage.reach)


def _sample_camera(camera: Camera, stage: Stage, rng: random.Random) -> CameraState:
    begin = end = stage.distance
    if camera is Camera.IN:
        begin, end = rng.uniform(*stage.far), rng.uniform(*stage.near)
    elif camera is Camera.OUT:
        begin, end = rng.uniform(*stage.near), rng.uniform(*stage.far)
    rate = away = 0.0
    if camera in ORBITS:
        rate = rng.uniform(*ORBIT_RATE) * (1 if camera is Camera.ORBIT_RIGHT else -1)
    if camera in AWAY:
        away = rng.uniform(*stage.away) * (1 if camera is Camera.AWAY_RIGHT else -1)
    return CameraState(camera, begin, end, rate=rate, away=away)
