"""Tracks of objects: where the pixels of an object lie in each frame, taken back into the world; and what it does."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ...canvas.shapes import VideoShape
from .attributes import Motion
from .cameras import Poses, camera_poses, focal_length
from .scenes import CameraState

WHOLE = 0.75  # share of its area in a frame, at the same distance, above which an object counts as whole
FIRST = 1.25  # seconds over which the first motion is measured, before an object turns back
SHORTEST = 0.6  # seconds that it must be whole in them; else the motion is measured over LONGEST
LONGEST = 2.05
MIN_SPEED = 0.45  # units per second above which an object crosses
MIN_JUMP = 0.32  # share of its half-height over which an object goes up and down


@dataclass(frozen=True)
class Track:
    """Track of an object through F frames, on an upright plane that faces the camera's path.

    times:    [F] in seconds
    across:   [F] position along the plane, to the right of its middle
    above:    [F] height of the centre of its pixels
    bottom:   [F] height of its lowest pixels
    size:     [F] square root of its visible area
    distance: [F] from the eye to the middle of the plane, on the floor
    whole:    [F] whether nearly all of it is seen
    """

    times: torch.Tensor
    across: torch.Tensor
    above: torch.Tensor
    bottom: torch.Tensor
    size: torch.Tensor
    distance: torch.Tensor
    whole: torch.Tensor


def track_object(mine: torch.Tensor, path: CameraState, fps: float) -> Track:
    """Follow the pixels `mine` of an object, bool [F H W], seen by a camera on this path."""
    frames, height, width = mine.shape
    times = torch.arange(frames) / fps
    weight = mine.float()
    area = weight.sum(dim=(1, 2))
    rows, columns = torch.arange(height) + 0.5, torch.arange(width) + 0.5
    y = (weight.sum(dim=2) @ rows) / area.clamp(min=1)
    x = (weight.sum(dim=1) @ columns) / area.clamp(min=1)
    below = weight.sum(dim=2).flip(1).cumsum(dim=1).flip(1)  # [F H] pixels in this row and under it
    lowest = (below > 0.04 * area[:, None]).sum(dim=1).float()
    video, poses = VideoShape(frames, height, width), camera_poses([path], times)
    middle = torch.tensor([path.target_x, path.target_z])
    if path.rate:
        rays = _rays(poses, torch.stack([y, x], dim=-1), video)[area > 0.5 * area.max()]
        middle = _meeting_point(poses.eye[0, area > 0.5 * area.max()], rays)
    distance = (poses.eye[0, :, ::2] - middle).norm(dim=-1)
    size = area.sqrt() * distance / focal_length(video)
    across, above = _on_plane(poses, middle, torch.stack([y, x], dim=-1), video)
    _, bottom = _on_plane(poses, middle, torch.stack([lowest, x], dim=-1), video)
    full = size.square().quantile(0.9)
    return Track(times, across, above, bottom, size, distance, (size.square() > WHOLE * full) & (area > 0))


def read_motion(track: Track, rate: float | None) -> Motion | None:
    """Read what an object does. rate: of its spin, None for bodies that look the same from all sides."""
    if int(track.whole.sum()) < 2:
        return None
    speed, jump = first_speed(track), jump_height(track)
    crosses, jumps, spins = abs(speed) > MIN_SPEED, jump > MIN_JUMP, rate is not None and abs(rate) > MIN_SPIN
    if crosses:
        return None if jumps else Motion.RIGHT if speed > 0 else Motion.LEFT
    return Motion.JUMP if jumps else Motion.SPIN if spins else Motion.STAND


MIN_SPIN = 1.0  # radians per second above which an object spins


def first_speed(track: Track) -> float:
    """Measure the speed at first, to the right, in units per second."""
    first = track.whole & (track.times <= FIRST)
    seen = track.times[first]
    if len(seen) < 2 or float(seen[-1] - seen[0]) < SHORTEST:
        first = track.whole & (track.times <= LONGEST)
    times, across = track.times[first], track.across[first]
    times = times - times.mean()
    return float((times * across).sum() / times.square().sum().clamp(min=1e-6))


def jump_height(track: Track) -> float:
    """Measure over which height an object goes up and down, as a share of about its half-height."""
    ends = torch.tensor([0.05, 0.95])
    ranges = [one[track.whole].quantile(ends) for one in (track.above, track.bottom)]
    return min(float(high - low) for low, high in ranges) / (0.56 * float(track.size[track.whole].median()))


def _rays(poses: Poses, pixels: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """Compute the directions of the rays through pixels [F 2], (y, x): [F 3]."""
    focal = focal_length(video)
    above, across = (video.height / 2 - pixels[:, :1]) / focal, (pixels[:, 1:] - video.width / 2) / focal
    return poses.forward[0] + above * poses.up[0] + across * poses.right[0]


def _meeting_point(eyes: torch.Tensor, rays: torch.Tensor) -> torch.Tensor:
    """Find the point (x, z) of the floor's plan that is nearest to all rays [N 3] from eyes [N 3]: [2].

    It is where an object stands that a camera sees from several sides.
    """
    direction = torch.nn.functional.normalize(rays[:, ::2], dim=-1)
    beside = torch.eye(2) - direction[:, :, None] * direction[:, None]  # [N 2 2]
    eyes = eyes[:, ::2]
    slight = 1e-3 * torch.eye(2)  # where all rays are parallel, the point nearest to the origin
    return torch.linalg.solve(beside.mean(dim=0) + slight, (beside @ eyes[:, :, None]).mean(dim=0)[:, 0])


def _on_plane(
    poses: Poses, middle: torch.Tensor, pixels: torch.Tensor, video: VideoShape
) -> tuple[torch.Tensor, torch.Tensor]:
    """Take pixels [F 2] back to the upright plane through `middle`, (x, z), that faces the eye: across, above [F]."""
    ray, away = _rays(poses, pixels, video), poses.eye[0, :, ::2] - middle
    distance = away.norm(dim=-1)
    normal = away / distance[:, None]  # [F 2]
    along = -distance / (ray[:, ::2] * normal).sum(-1).clamp(max=-1e-3)
    point = away + along[:, None] * ray[:, ::2]
    return point[:, 0] * normal[:, 1] - point[:, 1] * normal[:, 0], poses.eye[0, :, 1] + along * ray[:, 1]
