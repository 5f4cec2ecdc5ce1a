"""The floor's homography is exact for a floor, and an object that stands on it is laid down."""

import random
from dataclasses import replace

import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.claims.flat_floor import floor_points, poses_at, warp
from sora_core.evals.claims.three_d import in_place, moving_scene
from sora_core.world.solids import Camera, render
from sora_core.world.solids.cameras import camera_poses

VIDEO = VideoShape(9, 96, 96)
FPS = 8.0


def test_points_of_the_floor_are_seen_in_their_pixels() -> None:
    poses = camera_poses([moving_scene(random.Random(0)).camera], torch.tensor([0.0, 0.5]))
    points = floor_points(poses, VIDEO)
    pixels, depths = poses.project(points[None], VIDEO)
    y, x = torch.meshgrid(torch.arange(96) + 0.5, torch.arange(96) + 0.5, indexing="ij")
    torch.testing.assert_close(pixels[0, 1], torch.stack([y, x], dim=-1).view(-1, 2), rtol=0, atol=0.05)
    assert (depths > 0).all()
    assert points[0, -1, 1].abs() < 1e-4  # the lowest row sees the floor


def test_a_floor_alone_is_warped_to_what_is_seen_and_an_object_is_not() -> None:
    scene = moving_scene(random.Random(2), (Camera.ORBIT_LEFT,))
    bare = replace(scene, objects=(replace(scene.objects[0], x=300.0),))
    poses = camera_poses([scene.camera], torch.arange(VIDEO.frames) / FPS)
    first, last = poses_at(poses, slice(1)), poses_at(poses, slice(VIDEO.frames - 1, None))
    floor = render([bare], VIDEO, FPS)[0]
    made = warp(floor[:, 0], first, last)[:, 0]
    errors = [(one - floor[:, -1])[:, 64:92, 30:66].abs().mean() for one in (made, floor[:, 0])]
    assert errors[0] < 0.5 * errors[1]
    seen = render([scene], VIDEO, FPS)[0]
    assert in_place(scene, seen[:, -1], seen[:, -1])
    assert not in_place(scene, warp(seen[:, 0], first, last)[:, 0], seen[:, -1])
