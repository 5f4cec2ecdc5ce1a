"""The exact truth of a scene at one time: where the camera and the objects are, and where points of the world appear.

Corners of tiles are landmarks: points of known position that can be found in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ...canvas.shapes import VideoShape
from .bodies import MEET, Vector
from .cameras import Poses
from .motion import Views, views_at
from .scenes import TILE, Scene


@dataclass(frozen=True)
class Truth:
    """State of one scene at one time, with K objects.

    eye: [3] position of the camera. right, up, forward: [3] its axes. centres: [K 3] of the objects. sizes: [K] half
    their heights. turns: [K] their angles around the vertical axis.
    """

    scene: Scene
    eye: torch.Tensor
    right: torch.Tensor
    up: torch.Tensor
    forward: torch.Tensor
    centres: torch.Tensor
    sizes: torch.Tensor
    turns: torch.Tensor

    def project(self, points: torch.Tensor, video: VideoShape) -> tuple[torch.Tensor, torch.Tensor]:
        """Project points [N 3] of the world: pixels [N 2] as (y, x), and depths [N], > 0 in front of the camera."""
        poses = Poses(*(axis[None, None] for axis in (self.eye, self.right, self.up, self.forward)))
        pixels, depths = poses.project(points[None, None], video)
        return pixels[0, 0], depths[0, 0]

    def seen(self, points: torch.Tensor, video: VideoShape) -> torch.Tensor:
        """Tell which points [N 3] are in the frame and not hidden by an object: bool [N]."""
        pixels, depths = self.project(points, video)
        size = torch.tensor([video.height, video.width])
        return (depths > 0) & ((pixels >= 0) & (pixels <= size)).all(dim=1) & ~self.hidden(points)

    def hidden(self, points: torch.Tensor) -> torch.Tensor:
        """Tell which points [N 3] lie behind or in an object, as the camera sees them: bool [N]."""
        hidden = torch.zeros(len(points), dtype=torch.bool)
        for index, one in enumerate(self.scene.objects):
            origin, ray = (
                self._in_body(vector, index) for vector in (self.eye - self.centres[index], points - self.eye)
            )
            hidden |= MEET[one.solid.shape](origin, ray, self.sizes[index]).distance < 1 - 1e-4
        return hidden

    def _in_body(self, vector: torch.Tensor, index: int) -> Vector:
        x, y, z = vector.unbind(-1)
        cosine, sine = self.turns[index].cos(), self.turns[index].sin()
        return x * cosine - z * sine, y, z * cosine + x * sine


def truth_of(scene: Scene, time: float) -> Truth:
    """Return the exact state of a scene at a time in seconds."""
    return truth_in(scene, views_at([scene], torch.tensor([time])))


def truth_in(scene: Scene, views: Views) -> Truth:
    """Return the state of a scene that views of this scene alone, at one time, show."""
    camera = views.camera
    eye, right, up, forward = (axis[0, 0] for axis in (camera.eye, camera.right, camera.up, camera.forward))
    return Truth(scene, eye, right, up, forward, views.centre[0, 0], views.size[0], views.turn[0, 0])


def tile_corners(scene: Scene, reach: float = 8.0) -> torch.Tensor:
    """List the corners of the floor's tiles within a distance of the middle: [N 3]."""
    offset_x, offset_z, angle = torch.tensor(scene.tiles)
    count = int(reach / TILE) + 2
    steps = torch.arange(-count, count + 1.0) * TILE
    along, across = torch.meshgrid(steps - offset_x.remainder(TILE), steps - offset_z.remainder(TILE), indexing="ij")
    x, z = along * angle.cos() - across * angle.sin(), across * angle.cos() + along * angle.sin()
    near = torch.hypot(x, z) <= reach
    return torch.stack([x[near], torch.zeros_like(x[near]), z[near]], dim=-1)
