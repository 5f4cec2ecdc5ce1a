"""Draws scenes of two or three shots in which the objects are seen from everywhere."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import NamedTuple

from ..solids.attributes import CROSSING, Attributes, Camera, Floor, Motion, Shape, Sky, Solid, allowed
from ..solids.sampling import JUMP_HEIGHT, JUMP_PERIOD, JUMP_PHASE, SPEED, SPIN_RATE, Range, far_colours
from ..solids.scenes import CAMERA_HEIGHT, TILE, CameraState, SolidState
from ..solids.scenes import Scene as SolidScene
from .attributes import FIRST, Framing, framings_after, is_held_out
from .scenes import Scene, Shot


class Stage(NamedTuple):
    """Ranges for scenes with a number of objects, so that all of them fit into the frame of every shot.

    share: of all scenes. size: of an object. spread: x of the outer objects. jitter: in x and z. wide, close, side,
    above: horizontal distances of the camera from the middle.
    """

    share: float
    size: Range
    spread: float
    jitter: float
    wide: Range
    close: Range
    side: Range
    above: Range


STAGES = {
    1: Stage(0.75, (0.82, 0.92), 0.0, 0.15, (7.3, 7.8), (3.6, 3.8), (5.2, 5.5), (4.4, 4.7)),
    2: Stage(0.25, (0.60, 0.66), 0.85, 0.06, (7.6, 8.1), (4.3, 4.5), (5.6, 5.9), (4.7, 5.0)),
}
THREE_SHARE = 0.4  # of the scenes have three shots
SIDE_ANGLE = (0.95, 1.1)  # of the camera beside the scene, in radians from the front
STEEPNESS = 0.7  # height of the camera above its target over its horizontal distance, where it looks from above
TARGET_HEIGHT = 0.72
REACH, START = 1.0, (0.6, 0.97)  # where an object that crosses turns back, and where it starts, in reaches
BESIDE = tuple(motion for motion in Motion if motion not in CROSSING)  # of two objects none crosses


def sample_scene(rng: random.Random, *, unseen: bool = False) -> Scene:
    """Draw a scene. unseen: its first object is held out in these surroundings; without it no object is."""
    count = rng.choices(list(STAGES), [stage.share for stage in STAGES.values()])[0]
    shots = 3 if rng.random() < THREE_SHARE else 2
    while True:
        floor, sky = rng.choice(list(Floor)), rng.choice(list(Sky))
        solids = _solids(count, rng)
        held = [is_held_out(solid, floor, sky) for solid in solids]
        if held[0] if unseen else not any(held):
            return scene_of(solids, floor, sky, _framings(shots, rng), rng)


def scene_of(
    solids: tuple[Solid, ...], floor: Floor, sky: Sky, framings: tuple[Framing, ...], rng: random.Random
) -> Scene:
    """Draw a scene of one or two objects, of which the second does not cross, in two or three shots.

    Raises ValueError for framings that do not follow one another.
    """
    follows = all(after in framings_after(before) for before, after in pairwise(framings))
    if len(framings) not in (2, 3) or framings[0] not in FIRST or not follows:
        raise ValueError(f"got the framings {framings}, expected two or three, see FIRST and framings_after")
    stage = STAGES[len(solids)]
    shots = tuple(Shot(framing, sample_camera(framing, stage, rng)) for framing in framings)
    side = rng.choice((-1, 1))
    places = [0.0] if len(solids) == 1 else [-side * stage.spread, side * stage.spread]
    objects = tuple(_placed(solid, x, stage, rng) for solid, x in zip(solids, places, strict=True))
    tiles = (rng.uniform(0, 2 * TILE), rng.uniform(0, 2 * TILE), rng.uniform(0, math.pi / 2))
    return Scene(SolidScene(objects, floor, sky, shots[0].camera, tiles), shots)


def sample_camera(framing: Framing, stage: Stage, rng: random.Random) -> CameraState:
    """Draw where the camera of a shot stands."""
    if framing is Framing.WIDE:
        return camera_of(rng.uniform(*stage.wide))
    if framing is Framing.CLOSE:
        return camera_of(rng.uniform(*stage.close))
    if framing is Framing.ABOVE:
        distance = rng.uniform(*stage.above)
        return camera_of(distance, height=TARGET_HEIGHT + STEEPNESS * distance)
    side = -1 if framing is Framing.LEFT else 1
    return camera_of(rng.uniform(*stage.side), angle=side * rng.uniform(*SIDE_ANGLE))


def camera_of(distance: float, *, angle: float = 0.0, height: float = CAMERA_HEIGHT) -> CameraState:
    """Return a camera that stands still at a horizontal distance from the middle, at an angle from the front."""
    return CameraState(Camera.STILL, distance, distance, angle=angle, height=height)


def _solids(count: int, rng: random.Random) -> tuple[Solid, ...]:
    solids: list[Solid] = []
    while len(solids) < count:
        colours = far_colours([one.colour for one in solids])
        motion = rng.choice(list(Motion) if count == 1 else BESIDE)
        solid = Solid(rng.choice(list(Shape)), rng.choice(colours), motion)
        if allowed(solid, Camera.STILL):
            solids.append(solid)
    return tuple(solids)


def _framings(count: int, rng: random.Random) -> tuple[Framing, ...]:
    framings = [rng.choice(FIRST)]
    while len(framings) < count:
        framings.append(rng.choice(framings_after(framings[-1])))
    return tuple(framings)


def _placed(solid: Solid, x: float, stage: Stage, rng: random.Random) -> SolidState:
    x, z = (middle + rng.uniform(-stage.jitter, stage.jitter) for middle in (x, 0.0))
    size, yaw = rng.uniform(*stage.size), rng.uniform(0, math.pi / 2)
    if solid.motion in CROSSING:
        side = -1.0 if solid.motion is Motion.LEFT else 1.0
        x = -side * rng.uniform(*START) * REACH
        return SolidState(solid, x, z, size, yaw, rate=side * rng.uniform(*SPEED), reach=REACH)
    if solid.motion is Motion.SPIN:
        return SolidState(solid, x, z, size, yaw, rate=rng.uniform(*SPIN_RATE))
    if solid.motion is Motion.JUMP:
        height, period = rng.uniform(*JUMP_HEIGHT) * size, rng.uniform(*JUMP_PERIOD)
        return SolidState(solid, x, z, size, yaw, jump=height, period=period, phase=rng.uniform(*JUMP_PHASE))
    return SolidState(solid, x, z, size, yaw)


def attributes_of(scene: Scene) -> tuple[Attributes, ...]:
    """Return the combination of each object with floor and sky, as the solids domain has it for a still camera."""
    return tuple(Attributes(solid, scene.solids.floor, scene.solids.sky, Camera.STILL) for solid in scene.things)
