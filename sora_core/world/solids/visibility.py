"""How much of each object nearer ones leave uncovered: the widths of objects, as the camera sees them side by side."""

from __future__ import annotations

from dataclasses import replace

import torch

from .attributes import Shape
from .bodies import CUBE_HALF, CYLINDER_RADIUS
from .motion import Views, views_at
from .scenes import Scene

HALF_WIDTHS = {Shape.SPHERE: 1.0, Shape.CUBE: 1.2 * CUBE_HALF, Shape.CYLINDER: CYLINDER_RADIUS, Shape.CONE: 1.0}
TIMES = (0.0, 0.5, 1.0, 1.5, 2.0)
CLEAR = 0.6  # share of its width above which an object counts as seen
OFTEN = 0.7  # share of the time in which every object must be seen


def uncovered(views: Views) -> torch.Tensor:
    """Compute the share of each object's width that no nearer object covers, [B F K] in 0..1; 1 for absent ones."""
    half = torch.tensor([*HALF_WIDTHS.values(), 0.0], device=views.size.device)[views.shape]  # [B K]
    camera = views.camera
    away = views.centre - camera.eye[:, :, None]  # [B F K 3]
    depth, across = ((away * axis[:, :, None]).sum(-1) for axis in (camera.forward, camera.right))
    depth = depth.clamp(min=0.1)
    reach = (half * views.size)[:, None] / depth  # [B F K]
    left, right = across / depth - reach, across / depth + reach
    covered = torch.zeros_like(depth)
    for other in range(depth.shape[2]):
        common = torch.minimum(right, right[..., other, None]) - torch.maximum(left, left[..., other, None])
        nearer = depth[..., other, None] < depth
        covered = covered + common.clamp(min=0) * nearer
    return (1 - covered / (2 * reach).clamp(min=1e-6)).clamp(0, 1)


def stays_visible(scene: Scene) -> bool:
    """Whether every object is seen at the start, and most of the time; a camera that looks away is taken as still."""
    ahead = replace(scene, camera=replace(scene.camera, away=0.0))
    seen = uncovered(views_at([ahead], torch.tensor(TIMES)))[0] > CLEAR  # [F K]
    return bool((seen[0] & (seen.float().mean(dim=0) > OFTEN)).all())
