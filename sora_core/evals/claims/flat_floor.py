"""What a 2-D method makes of a moving camera: one frame, warped by the homography of the floor.

It is exact for the floor and the far sky, and wrong for all that stands between them: the baseline that 3-D
consistency must beat.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from ...canvas.shapes import VideoShape
from ...world.solids.cameras import Poses, focal_length

FAR = 1e4  # distance at which what is above the floor is taken to be


def warp(frame: torch.Tensor, seen_from: Poses, to: Poses) -> torch.Tensor:
    """Show a frame [3 H W] of one camera as F other cameras would see a picture that lies on the floor: [3 F H W].

    seen_from: one camera at one time. to: one camera at F times. Beyond the frame's edges its border is repeated.
    """
    height, width = frame.shape[1:]
    video = VideoShape(1, height, width)
    points = floor_points(to, video)  # [F N 3]
    count = points.shape[0]
    pixels, depths = seen_from.project(points.reshape(1, 1, -1, 3), video)  # [1 1 F*N 2]
    away = (depths <= 0)[..., None]
    pixels = torch.where(away, torch.full_like(pixels, -1.0), pixels)  # behind the camera: the frame's edge
    grid = pixels.view(count, height, width, 2).flip(-1) / torch.tensor([width, height]) * 2 - 1
    warped = F.grid_sample(frame.expand(count, -1, -1, -1), grid, padding_mode="border", align_corners=False)
    return warped.transpose(0, 1)


def floor_points(poses: Poses, video: VideoShape) -> torch.Tensor:
    """Find the points of the floor, or of the far sky, that one camera sees in its pixels at F times: [F H*W 3]."""
    focal = focal_length(video)
    above = (video.height / 2 - torch.arange(video.height) - 0.5) / focal
    across = (torch.arange(video.width) + 0.5 - video.width / 2) / focal
    eye, right, up, forward = (axis[0][:, None, None] for axis in (poses.eye, poses.right, poses.up, poses.forward))
    rays = forward + across[None, None, :, None] * right + above[None, :, None, None] * up  # [F H W 3]
    down = rays[..., 1:2]
    distance = torch.where(down < -eye[..., 1:2] / FAR, -eye[..., 1:2] / down.clamp(max=-1e-9), torch.tensor(FAR))
    return (eye + distance * rays).flatten(1, 2)


def poses_at(poses: Poses, frames: slice) -> Poses:
    """Return the poses of some frames."""
    return Poses(*(axis[:, frames] for axis in (poses.eye, poses.right, poses.up, poses.forward)))
