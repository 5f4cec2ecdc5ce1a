"""Rays meet bodies where geometry says, with the right normals; they miss elsewhere."""

import pytest
import torch

from sora_core.world.solids import Shape
from sora_core.world.solids.bodies import (
    BOUNDS,
    CONE_RADIUS,
    CUBE_HALF,
    CUBE_TOP,
    CYLINDER_RADIUS,
    FAR,
    MEET,
    Hit,
    Vector,
)

SIZE = 1.5


def vector(x: float, y: float, z: float) -> Vector:
    return tuple(torch.tensor([value]) for value in (x, y, z))  # type: ignore[return-value]


def shoot(shape: Shape, origin: tuple[float, float, float], ray: tuple[float, float, float], size: float = SIZE) -> Hit:
    return MEET[shape](vector(*origin), vector(*ray), torch.tensor([size]))


def normal(hit: Hit) -> tuple[float, ...]:
    return tuple(round(float(axis), 4) for axis in hit.normal)


@pytest.mark.parametrize(
    ("shape", "front"),
    [
        (Shape.SPHERE, SIZE),
        (Shape.CUBE, CUBE_HALF * SIZE),
        (Shape.CYLINDER, CYLINDER_RADIUS * SIZE),
        (Shape.CONE, CONE_RADIUS / 2 * SIZE),  # halfway up
    ],
)
def test_a_level_ray_meets_the_front_of_a_body(shape: Shape, front: float) -> None:
    assert shoot(shape, (0, 0, 6), (0, 0, -1)).distance.item() == pytest.approx(6 - front, abs=1e-5)
    assert shoot(shape, (0, 0, 6), (0, 0, -2)).distance.item() == pytest.approx((6 - front) / 2, abs=1e-5)


@pytest.mark.parametrize("shape", [Shape.SPHERE, Shape.CUBE, Shape.CYLINDER])
def test_the_front_of_an_upright_body_faces_the_ray(shape: Shape) -> None:
    assert normal(shoot(shape, (0, 0, 6), (0, 0, -1))) == (0, 0, 1)
    assert normal(shoot(shape, (-6, 0, 0), (1, 0, 0))) == (-1, 0, 0)


def test_the_flank_of_a_cone_leans_back() -> None:
    up, out = CONE_RADIUS / 2, 1.0
    length = (up**2 + out**2) ** 0.5
    assert normal(shoot(Shape.CONE, (0, 0, 6), (0, 0, -1))) == pytest.approx((0, up / length, out / length), abs=1e-4)


def test_the_tops_of_cube_and_cylinder_are_flat() -> None:
    for shape, top in ((Shape.CUBE, CUBE_TOP * SIZE), (Shape.CYLINDER, SIZE)):
        hit = shoot(shape, (0.1, 5, 0.2), (0, -1, 0))
        assert hit.distance.item() == pytest.approx(5 - top, abs=1e-5)
        assert normal(hit) == (0, 1, 0)
        side = shoot(shape, (0, 0, 6), (0, 0, -1))
        assert side.face.item() != hit.face.item()


def test_the_three_faces_of_a_cube_that_can_be_seen_have_different_numbers() -> None:
    rays = [((0, 0, 6), (0, 0, -1)), ((6, 0, 0), (-1, 0, 0)), ((0, 6, 0), (0, -1, 0))]
    assert len({shoot(Shape.CUBE, *ray).face.item() for ray in rays}) == 3


@pytest.mark.parametrize("shape", Shape)
def test_rays_beside_behind_and_above_a_body_miss_it(shape: Shape) -> None:
    beyond = BOUNDS[shape] * SIZE + 0.01
    assert shoot(shape, (beyond, 0, 6), (0, 0, -1)).distance.item() == FAR
    assert shoot(shape, (0, beyond, 6), (0, 0, -1)).distance.item() == FAR
    assert shoot(shape, (0, 0, 6), (0, 0, 1)).distance.item() == FAR


@pytest.mark.parametrize("shape", Shape)
def test_every_hit_lies_on_the_body_inside_its_bounds_and_faces_the_ray(shape: Shape) -> None:
    generator = torch.Generator().manual_seed(0)
    aims = torch.rand(3, 4000, generator=generator) * 4 - 2
    origin = tuple(torch.tensor(value) for value in (1.0, 2.0, 7.0))
    ray = tuple(aim - start for aim, start in zip(aims, origin, strict=True))
    hit = MEET[shape](origin, ray, torch.tensor(SIZE))  # type: ignore[arg-type]
    met = hit.distance < FAR
    assert 100 < int(met.sum()) < 4000
    x, y, z = (start + hit.distance * step for start, step in zip(origin, ray, strict=True))
    nx, ny, nz = hit.normal
    assert float(torch.stack([x, y, z]).norm(dim=0)[met].max()) <= BOUNDS[shape] * SIZE + 1e-4
    assert float((y.abs() - SIZE)[met].max()) <= 1e-4
    length = (nx**2 + ny**2 + nz**2)[met & (y < 0.9 * SIZE)]  # the tip of a cone has none
    assert torch.allclose(length, torch.ones_like(length), atol=1e-3)
    assert float((nx * ray[0] + ny * ray[1] + nz * ray[2])[met].max()) <= 1e-4
