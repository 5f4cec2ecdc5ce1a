"""Where the objects of scenes are at given times: batched, in closed form; the exact truth of the solids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .attributes import Motion, Shape
from .cameras import Poses, camera_poses
from .scenes import Scene


@dataclass(frozen=True)
class Views:
    """State of B scenes with up to K objects at F times.

    centre:  [B F K 3] centre of each object
    size:    [B K] half the height; 0 where there is no object
    shape:   [B K] index into Shape; -1 where there is no object
    turn:    [B F K] angle around the vertical axis; 0 for a sphere that rolls
    roll:    [B F K] angle by which a rolling sphere has turned around the axis of depth
    rolls:   [B K] whether it rolls
    camera:  [B F] poses
    """

    centre: torch.Tensor
    size: torch.Tensor
    shape: torch.Tensor
    turn: torch.Tensor
    roll: torch.Tensor
    rolls: torch.Tensor
    camera: Poses


def views_at(scenes: Sequence[Scene], times: torch.Tensor) -> Views:
    """Compute the state of scenes at times [F] in seconds, on the times' device."""
    count = max(len(scene.objects) for scene in scenes)
    device = times.device

    def values(name: str) -> torch.Tensor:
        rows = [[getattr(one, name) for one in scene.objects] for scene in scenes]
        return torch.tensor([row + [0.0] * (count - len(row)) for row in rows], device=device)  # [B K]

    def kinds(of: type[Shape] | type[Motion], name: str) -> torch.Tensor:
        rows = [[list(of).index(getattr(one.solid, name)) for one in scene.objects] for scene in scenes]
        return torch.tensor([row + [-1] * (count - len(row)) for row in rows], device=device)  # [B K]

    time = times[None, :, None]  # [1 F 1]
    x, z, size, yaw, rate, reach = (
        values(name)[:, None] for name in ("x", "z", "size", "yaw", "rate", "reach")
    )  # [B 1 K]
    crossing = reach > 0
    path = torch.where(crossing, _bounce(x + rate * time, reach.clamp(min=1e-3)), x.expand(-1, len(times), -1))
    done = (time / values("period")[:, None].clamp(min=1e-3) + values("phase")[:, None]).remainder(1)
    height = size + 4 * values("jump")[:, None] * done * (1 - done)  # [B F K]
    shape = kinds(Shape, "shape")
    rolls = crossing[:, 0] & (shape == Shape.SPHERE.value)
    spins = (kinds(Motion, "motion") == Motion.SPIN.value)[:, None]
    return Views(
        torch.stack([path, height, z.expand_as(path)], dim=-1),
        size[:, 0],
        shape,
        torch.where(rolls[:, None], 0.0, yaw + torch.where(spins, rate * time, torch.zeros_like(path))),
        -(path - x) / size.clamp(min=1e-3),
        rolls,
        camera_poses([scene.camera for scene in scenes], times),
    )


def _bounce(position: torch.Tensor, reach: torch.Tensor) -> torch.Tensor:
    """Reflect an unbounded position into -reach..reach."""
    return reach - ((position + reach).remainder(4 * reach) - 2 * reach).abs()
