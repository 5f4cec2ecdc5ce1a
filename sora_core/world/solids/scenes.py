"""Scenes of solids: exact states of objects and camera, in closed form at any time.

The world has y up and the floor at y = 0. The camera starts on the positive z axis and looks towards the origin; x
points to its right. Lengths are in units of about the size of an object, times in seconds, angles in radians.
"""

from __future__ import annotations

from dataclasses import dataclass

from .attributes import Attributes, Camera, Floor, Sky, Solid

DOLLY_TIME = 2.5  # the camera covers 1 - 1 / e of its way in or out in this time
AWAY_PERIOD = 2.0  # the camera looks away and is back after this time
TILE = 2.0  # width of a tile
CAMERA_HEIGHT = 1.65


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
    """Exact path of the camera.

    begin, end: distances from its target at time 0 and much later. rate: of an orbit. away: angle of a pan.
    angle: around the target at time 0; 0 is in front. target_x, target_z: point on the floor over which it looks.
    height: of the camera above the floor.
    """

    camera: Camera
    begin: float
    end: float
    rate: float = 0.0
    away: float = 0.0
    angle: float = 0.0
    target_x: float = 0.0
    target_z: float = 0.0
    height: float = CAMERA_HEIGHT


@dataclass(frozen=True)
class Scene:
    """Exact state of a scene.

    behind: whether the last object crosses behind the first one, which stands still.
    tiles: offset of the floor's tiles along their own axes, and the angle of these.
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
