"""Rendered clips show what scenes hold: colours, light, shadow, edges; batched as one by one, at any size and rate."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.solids import (
    Camera,
    CameraState,
    Floor,
    Motion,
    Scene,
    Shape,
    Sky,
    Solid,
    SolidState,
    render,
    sample_scene,
    views_at,
)
from sora_core.world.solids.renderer import AMBIENT, DIFFUSE, LIGHT, SHADOW, render_views
from sora_core.world.solids.truth import truth_of

STILL = CameraState(Camera.STILL, 5.0, 5.0)
VIDEO = VideoShape(1, 96, 96)


def scene(*shapes: Shape, sky: Sky = Sky.DAY, floor: Floor = Floor.STONE, colour: Colour = Colour.RED) -> Scene:
    objects = (SolidState(Solid(shape, colour, Motion.STAND), x=0, z=0, size=0.8, yaw=0.4) for shape in shapes)
    return Scene(tuple(objects), floor, sky, STILL, (0.3, 0.5, 0.4))


def picture(one: Scene, video: VideoShape = VIDEO) -> torch.Tensor:
    """The first frame in 0..1, [3 H W]."""
    return render([one], video, 8.0)[0, :, 0] / 2 + 0.5


def middle(one: Scene, video: VideoShape = VIDEO) -> tuple[int, int]:
    """The pixel that shows the first object's centre, (y, x)."""
    views = views_at([one], torch.zeros(1))
    y, x = views.camera.project(views.centre, video)[0][0, 0, 0].tolist()
    return int(y), int(x)


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("sky", Sky)
def test_the_middle_of_an_object_has_its_colour_in_the_light_of_the_sky(shape: Shape, sky: Sky) -> None:
    one = scene(shape, sky=sky, colour=Colour.GREEN)
    y, x = middle(one)
    full = torch.tensor(Colour.GREEN.rgb) * torch.tensor(sky.light)
    bright = picture(one)[:, y, x] / full
    assert float(bright.max() - bright.min()) < 1e-3
    assert 0.6 * AMBIENT < float(bright[0]) <= AMBIENT + DIFFUSE


def test_a_sphere_has_light_and_dark_sectors() -> None:
    one = scene(Shape.SPHERE)
    y, x = middle(one)
    row = picture(one)[0, y, x - 10 : x + 10]
    assert float((row[1:] / row[:-1]).max()) > 1.3 or float((row[1:] / row[:-1]).min()) < 0.75


def test_the_floor_has_its_two_tones_and_the_sky_rises_to_its_zenith() -> None:
    shown = picture(Scene((), Floor.SAND, Sky.DAY, STILL, (0.3, 0.5, 0.4)))
    nearest = shown[:, -1].T  # [W 3]
    to_light, to_dark = ((nearest - torch.tensor(tone)).norm(dim=1) for tone in (Floor.SAND.light, Floor.SAND.dark))
    assert float(torch.minimum(to_light, to_dark).quantile(0.9)) < 0.06  # the others show an edge
    assert bool((to_light < to_dark).any())
    assert bool((to_dark < to_light).any())
    top, horizon = shown[:, 0, 48], shown[:, 28, 48]
    assert float((top - torch.tensor(Sky.DAY.zenith)).norm()) < 0.2
    assert float((horizon - torch.tensor(Sky.DAY.horizon)).norm()) < 0.12


def test_an_object_shades_the_floor_on_the_side_away_from_the_light() -> None:
    empty, full = picture(Scene((), Floor.STONE, Sky.DAY, STILL, (0.3, 0.5, 0.4))), picture(scene(Shape.SPHERE))
    truth = truth_of(scene(Shape.SPHERE), 0.0)
    below = truth.centres[0] - torch.tensor(LIGHT) * 0.8 / LIGHT[1]  # the middle of the shadow
    shaded = below + torch.tensor([0.35, 0.0, 0.0])  # beside the sphere, as the camera sees it
    assert bool(truth.seen(shaded[None], VIDEO).all())
    shares = []
    for point in (shaded, shaded * torch.tensor([-1.0, 1.0, 1.0])):
        y, x = truth.project(point[None], VIDEO)[0][0].int().tolist()
        shares.append(float((full / empty)[:, y, x].mean()))
    assert 1 - SHADOW < shares[0] < 0.65  # fog lightens it a little
    assert shares[1] == pytest.approx(1)


def test_a_nearer_object_hides_a_farther_one_in_any_order() -> None:
    far, near = (
        SolidState(Solid(Shape.SPHERE, colour, Motion.STAND), x=0, z=z, size=0.8, yaw=0)
        for colour, z in ((Colour.GREEN, -1.0), (Colour.BLUE, 1.0))
    )
    for objects in ((far, near), (near, far)):
        one = Scene(objects, Floor.STONE, Sky.DAY, STILL, (0.0, 0.0, 0.0))
        shown = picture(one)[:, 58, 48]
        assert int(shown.argmax()) == 2  # blue


@pytest.mark.parametrize("shape", Shape)
def test_edges_are_as_smooth_as_a_picture_of_four_times_the_size(shape: Shape) -> None:
    one = scene(shape)
    large = picture(one, VideoShape(1, 384, 384))
    smooth = torch.nn.functional.avg_pool2d(large[None], 4)[0]
    sharp = large[:, 2::4, 2::4]
    shown = picture(one)
    assert float((shown - smooth).square().mean()) < 0.35 * float((sharp - smooth).square().mean())


def test_scenes_render_in_a_batch_as_one_by_one() -> None:
    rng = random.Random(0)
    scenes = [sample_scene(rng) for _ in range(6)]
    video = VideoShape(3, 40, 56)
    together = render(scenes, video, 4.0)
    alone = torch.cat([render([one], video, 4.0) for one in scenes])
    assert together.shape == (6, 3, *video)
    assert torch.allclose(together, alone, atol=1e-4)


def test_frames_depend_on_their_time_alone() -> None:
    one = sample_scene(random.Random(3))
    slow, fast = render([one], VideoShape(3, 40, 40), 4.0), render([one], VideoShape(5, 40, 40), 8.0)
    assert torch.allclose(slow, fast[:, :, ::2], atol=1e-4)


@pytest.mark.parametrize("size", [(96, 160), (160, 96), (33, 17), (1, 1)])
def test_any_size_renders_within_the_range(size: tuple[int, int]) -> None:
    clip = render([sample_scene(random.Random(1))], VideoShape(2, *size), 8.0)
    assert clip.shape == (1, 3, 2, *size)
    assert clip.dtype is torch.float32
    assert bool(clip.isfinite().all())
    assert float(clip.min()) >= -1
    assert float(clip.max()) <= 1


def test_an_object_beside_the_frame_and_one_behind_the_camera_are_not_drawn() -> None:
    empty = picture(Scene((), Floor.STONE, Sky.DAY, STILL, (0.0, 0.0, 0.0)))
    for x, z in ((30.0, 0.0), (0.0, 30.0)):
        there = SolidState(Solid(Shape.CUBE, Colour.RED, Motion.STAND), x=x, z=z, size=0.8, yaw=0.0)
        assert torch.allclose(picture(Scene((there,), Floor.STONE, Sky.DAY, STILL, (0.0, 0.0, 0.0))), empty, atol=1e-5)


def test_views_render_without_a_rate() -> None:
    one = sample_scene(random.Random(2))
    video = VideoShape(2, 24, 24)
    assert torch.equal(render_views([one], views_at([one], torch.tensor([0.0, 0.5])), video), render([one], video, 2.0))
