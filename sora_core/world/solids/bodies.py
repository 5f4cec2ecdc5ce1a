"""Where rays meet solids: analytic intersections with a sphere, a cube, a cylinder and a cone.

All functions take rays in the body's own frame, whose origin is the body's centre, as origin and direction (x, y, z).
size is half the body's height. All tensors are [N] or broadcast to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from .attributes import Shape

FAR = 1e6
Vector = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
CYLINDER_RADIUS, CONE_RADIUS, CUBE_HALF = 0.78, 1.0, 0.88  # in sizes; a cube of the full size would look larger
CUBE_TOP = 2 * CUBE_HALF - 1  # above the centre, in sizes: the cube is lower than the other bodies


class Hit(NamedTuple):
    """Where rays meet a body.

    distance: [N] along the ray, in lengths of its direction; FAR where it misses
    normal:   (x, y, z) [N] outward, of length 1
    face:     [N] number of the smooth surface that is met
    """

    distance: torch.Tensor
    normal: Vector
    face: torch.Tensor


def dot(one: Vector, other: Vector) -> torch.Tensor:
    """Compute the scalar product."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def sphere(origin: Vector, ray: Vector, size: torch.Tensor) -> Hit:
    """Meet a sphere."""
    half, rest = dot(origin, ray), dot(origin, origin) - size.square()
    length = dot(ray, ray)
    inside = half.square() - length * rest
    reached = (-half - inside.clamp(min=0).sqrt()) / length
    distance = torch.where((inside > 0) & (reached > 0), reached, FAR)
    x, y, z = ((o + reached * r) / size for o, r in zip(origin, ray, strict=True))
    return Hit(distance, (x, y, z), torch.zeros_like(distance))


def cube(origin: Vector, ray: Vector, size: torch.Tensor) -> Hit:
    """Meet a cube that stands on its face."""
    half = CUBE_HALF * size
    near, far = [], []
    for axis, (o, r) in enumerate(zip(origin, ray, strict=True)):
        r = torch.where(r.abs() < 1e-9, 1e-9, r)
        low = -size if axis == 1 else -half
        one, other = (low - o) / r, (low + 2 * half - o) / r
        near.append(torch.minimum(one, other))
        far.append(torch.maximum(one, other))
    enter = torch.maximum(torch.maximum(near[0], near[1]), near[2])
    leave = torch.minimum(torch.minimum(far[0], far[1]), far[2])
    distance = torch.where((enter < leave) & (enter > 0), enter, FAR)
    entered = [(enter == one).to(enter) for one in near]
    x, y, z = (-r.sign() * on for r, on in zip(ray, entered, strict=True))
    return Hit(distance, (x, y, z), entered[1] + 2 * entered[2])


def cylinder(origin: Vector, ray: Vector, size: torch.Tensor) -> Hit:
    """Meet a cylinder that stands on its base."""
    radius = CYLINDER_RADIUS * size
    (ox, oy, oz), (rx, ry, rz) = origin, ray
    length = (rx.square() + rz.square()).clamp(min=1e-9)
    half = ox * rx + oz * rz
    inside = half.square() - length * (ox.square() + oz.square() - radius.square())
    side = (-half - inside.clamp(min=0).sqrt()) / length
    on_side = (inside > 0) & (side > 0) & ((oy + side * ry).abs() <= size)
    down = torch.where(ry < 0, ry, -1e-9)
    top = (size - oy) / down
    on_top = (top > 0) & ((ox + top * rx).square() + (oz + top * rz).square() <= radius.square())
    distance = torch.where(on_side, side, torch.where(on_top, top, FAR))
    wall = on_side.to(side)
    x, z = ((o + side * r) / radius * wall for o, r in ((ox, rx), (oz, rz)))
    return Hit(distance, (x, 1 - wall, z), wall)


def cone(origin: Vector, ray: Vector, size: torch.Tensor) -> Hit:
    """Meet a cone that stands on its base, seen from a side: rays steeper than its flank miss it."""
    slope = CONE_RADIUS / 2
    (ox, oy, oz), (rx, ry, rz) = origin, ray
    below, fall = size - oy, -ry  # depth below the tip, of the origin and along the ray
    length = (rx.square() + rz.square() - (slope * fall).square()).clamp(min=1e-9)
    half = ox * rx + oz * rz - slope**2 * below * fall
    inside = half.square() - length * (ox.square() + oz.square() - (slope * below).square())
    distance = (-half - inside.clamp(min=0).sqrt()) / length
    depth = below + distance * fall
    hit = (inside > 0) & (distance > 0) & (depth >= 0) & (depth <= 2 * size)
    radius = (slope * depth).clamp(min=1e-6)
    flat = 1 / (1 + slope**2) ** 0.5
    x, z = ((o + distance * r) / radius * flat for o, r in ((ox, rx), (oz, rz)))
    distance = torch.where(hit, distance, FAR)
    return Hit(distance, (x, torch.full_like(x, slope * flat), z), torch.zeros_like(distance))


MEET: dict[Shape, Callable[[Vector, Vector, torch.Tensor], Hit]] = {
    Shape.SPHERE: sphere,
    Shape.CUBE: cube,
    Shape.CYLINDER: cylinder,
    Shape.CONE: cone,
}
BOUNDS: dict[Shape, float] = {
    Shape.SPHERE: 1.0,
    Shape.CUBE: (1 + 2 * CUBE_HALF**2) ** 0.5,
    Shape.CYLINDER: (1 + CYLINDER_RADIUS**2) ** 0.5,
    Shape.CONE: (1 + CONE_RADIUS**2) ** 0.5,
}
"""Radius of the ball around the centre that holds the body, in sizes."""
