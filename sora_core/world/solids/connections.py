"""True transitions from one scene of solids to another, or back to its own start, with exact state.

What each scene does goes on through the transition, and the state passes smoothly from one scene to the other: objects,
camera and their speeds have no step. Each part's colours, floor, sky and shapes are seen at that one state, and the
picture changes linearly from one to the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch

from ...canvas.shapes import VideoShape
from .attributes import Shape
from .cameras import Courses, Poses, camera_courses, poses_on
from .motion import Views, views_at
from .renderer import render_views
from .scenes import Scene
from .spins import PERIODS


@dataclass(frozen=True)
class Connection:
    """A transition.

    before, after: scenes with the same number of objects; `after` begins where the second part does.
    leave: the last frame of the first part. arrive: the first frame of the second part, at least leave + 2.
    Raises ValueError if they are not so.
    """

    before: Scene
    after: Scene
    leave: int
    arrive: int

    def __post_init__(self) -> None:
        counts = len(self.before.objects), len(self.after.objects)
        if counts[0] != counts[1]:
            raise ValueError(f"got scenes of {counts[0]} and {counts[1]} objects, expected the same number")
        if not 0 <= self.leave <= self.arrive - 2:
            raise ValueError(
                f"got a transition from frame {self.leave} to {self.arrive}, expected 0 <= leave <= arrive - 2"
            )

    def share(self, frames: int, *, device: torch.device | str = "cpu") -> torch.Tensor:
        """Return the progress of each frame from the first to the second part: [F], 0 up to leave, 1 from arrive."""
        time = torch.arange(frames, device=device)
        share = ((time - self.leave) / (self.arrive - self.leave)).clamp(0, 1)
        return share.square() * (3 - 2 * share)


def views_through(
    connection: Connection, frames: int, fps: float, *, device: torch.device | str = "cpu"
) -> tuple[Views, Views]:
    """Compute the state at each frame, as F views of one frame each, with the shapes of either scene.

    They differ in shapes, and in how a sphere turns if it rolls in one part alone.
    """
    number = torch.arange(frames, device=device)
    share = connection.share(frames, device=device)
    before, after = connection.before, connection.after
    times = number / fps, (number - connection.arrive) / fps
    one, other = views_at([before], times[0]), views_at([after], times[1])
    courses = [camera_courses([scene.camera], time) for scene, time in zip((before, after), times, strict=True)]
    camera = poses_on(_blend_courses(courses[0], courses[1], share))
    along = share[:, None]  # [F 1], beside [F K]
    middle = (connection.leave + connection.arrive) // 2
    centre = torch.lerp(one.centre[0], other.centre[0], along[..., None])  # [F K 3]
    size = torch.lerp(one.size, other.size, along)
    turn, roll = (
        torch.lerp(begin[0], _nearest(begin[0], end[0], period, middle), along)
        for begin, end, period in (
            (one.turn, other.turn, _periods(before, after, device)),
            (one.roll, other.roll, torch.tensor(PERIODS[Shape.SPHERE], device=device)),
        )
    )
    poses = Poses(*(getattr(camera, field.name).transpose(0, 1) for field in fields(Poses)))  # [F 1 3]
    looks = [
        Views(
            centre[:, None],
            size,
            views.shape.expand(frames, -1),
            turn[:, None],
            roll[:, None],
            views.rolls.expand(frames, -1),
            poses,
        )
        for views in (one, other)
    ]
    return looks[0], looks[1]


def render_connections(
    connections: Sequence[Connection], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Render every frame: [B 3 F H W] float32 in -1..1. Raises ValueError if a transition is not within the clip."""
    for one in connections:
        if one.arrive >= video.frames:
            raise ValueError(f"got a transition that ends at frame {one.arrive}, expected one before {video.frames}")
    return torch.stack([_render(one, video, fps, device) for one in connections])


def _render(connection: Connection, video: VideoShape, fps: float, device: torch.device | str) -> torch.Tensor:
    """Render a clip [3 F H W]; frames of the transition are seen as each part shows them."""
    one, other = views_through(connection, video.frames, fps, device=device)
    begin, end = connection.leave + 1, connection.arrive
    before = _render_part(connection.before, one, slice(None, end), video)
    if _look_alike(connection):
        return torch.cat([before, _render_part(connection.after, other, slice(end, None), video)], dim=1)
    after = _render_part(connection.after, other, slice(begin, None), video)
    share = connection.share(video.frames, device=device)[begin:end, None, None]
    both = torch.lerp(before[:, begin:], after[:, : end - begin], share)
    return torch.cat([before[:, :begin], both, after[:, end - begin :]], dim=1)


def _render_part(scene: Scene, views: Views, part: slice, video: VideoShape) -> torch.Tensor:
    """Render some of the views, one frame each: [3 F H W]."""
    camera = Poses(*(getattr(views.camera, field.name)[part] for field in fields(Poses)))
    chosen = {field.name: getattr(views, field.name)[part] for field in fields(Views) if field.name != "camera"}
    frames = render_views([scene] * len(chosen["size"]), Views(**chosen, camera=camera), video)  # [F 3 1 H W]
    return frames[:, :, 0].transpose(0, 1)


def _look_alike(connection: Connection) -> bool:
    """Whether both parts show one state in the same way."""
    one, other = (_look(scene) for scene in (connection.before, connection.after))
    return one == other


def _look(scene: Scene) -> tuple[object, ...]:
    """List all that the picture of one state depends on."""
    solids = tuple((one.solid.shape, one.solid.colour, one.reach > 0) for one in scene.objects)  # what crosses may roll
    return scene.floor, scene.sky, scene.tiles, solids


def _blend_courses(one: Courses, other: Courses, share: torch.Tensor) -> Courses:
    return Courses(
        *(torch.lerp(getattr(one, field.name), getattr(other, field.name), share) for field in fields(Courses))
    )


def _nearest(begin: torch.Tensor, end: torch.Tensor, period: torch.Tensor, frame: int) -> torch.Tensor:
    """Add whole periods [K] to angles `end` [F K], so that at one frame they are as near to `begin` as can be."""
    return end + period * ((begin[frame] - end[frame]) / period).round()


def _periods(before: Scene, after: Scene, device: torch.device | str) -> torch.Tensor:
    """Return the angle after which each object looks the same in both parts: [K]."""
    pairs = zip(before.objects, after.objects, strict=True)
    periods = [
        PERIODS.get(one.solid.shape, 2 * math.pi) if one.solid.shape is other.solid.shape else 2 * math.pi
        for one, other in pairs
    ]
    return torch.tensor(periods, device=device)
