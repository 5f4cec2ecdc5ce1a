"""Transitions of solids begin and end with the clips of both scenes, and nothing jumps between them."""

import random
from dataclasses import replace

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.solids import Attributes, Camera, Floor, Motion, Scene, Shape, Sky, Solid, render, scene_of
from sora_core.world.solids.connections import Connection, render_connections, views_through
from sora_core.world.solids.sampling import moved_on

FPS = 8.0
VIDEO = VideoShape(33, 32, 48)
LEAVE, ARRIVE = 8, 25


def scene(
    shape: Shape = Shape.SPHERE,
    motion: Motion = Motion.STAND,
    camera: Camera = Camera.STILL,
    *,
    colour: Colour = Colour.RED,
    sky: Sky = Sky.DAY,
    seed: int = 0,
) -> Scene:
    return scene_of(Attributes(Solid(shape, colour, motion), Floor.SAND, sky, camera), random.Random(seed))


ROLLING, JUMPING = scene(motion=Motion.RIGHT), scene(motion=Motion.JUMP, camera=Camera.OUT, seed=1)
OTHER = scene(Shape.CUBE, Motion.SPIN, Camera.ORBIT_LEFT, colour=Colour.BLUE, sky=Sky.NIGHT, seed=2)
PAIRS = [(ROLLING, ROLLING), (ROLLING, JUMPING), (JUMPING, OTHER), (OTHER, ROLLING)]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_both_parts_are_the_clips_of_their_scenes(before: Scene, after: Scene) -> None:
    clip = render_connections([Connection(before, after, LEAVE, ARRIVE)], VIDEO, FPS)[0]
    one, other = render([before, after], VIDEO, FPS)
    assert clip.shape == (3, *VIDEO)
    torch.testing.assert_close(clip[:, : LEAVE + 1], one[:, : LEAVE + 1], rtol=0, atol=1e-4)
    difference = (clip[:, ARRIVE:] - other[:, : VIDEO.frames - ARRIVE]).abs()
    assert float((difference > 1e-3).float().mean()) < 1e-3  # whole turns move the edge of a face by rounding


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_place_and_speed_of_objects_and_camera_have_no_step(before: Scene, after: Scene) -> None:
    fine = 8  # times as many frames
    one, _ = views_through(Connection(before, after, fine * LEAVE, fine * ARRIVE), fine * VIDEO.frames, fine * FPS)
    x, _, z = one.centre[:, 0, 0].T
    for values in (x, z, *one.camera.eye[:, 0].T, *one.camera.forward[:, 0].T):
        speed = values.diff() * fine * FPS
        assert float(speed.abs().max()) < 6
        ends = torch.stack([speed[fine * end - 2 : fine * end + 2] for end in (LEAVE, ARRIVE)])
        assert float(ends.diff(dim=1).abs().max()) < 0.35


def test_an_object_moves_on_and_keeps_its_look() -> None:
    after = moved_on(ROLLING, random.Random(3))
    clip = render_connections([Connection(ROLLING, after, LEAVE, ARRIVE)], VIDEO, FPS)[0]
    steps = clip.diff(dim=1).abs().mean(dim=(0, 2, 3))
    assert float(steps[LEAVE:ARRIVE].max()) < 3 * float(steps[:LEAVE].max())
    cut = torch.cat([clip[:, :17], clip[:, ARRIVE:]], dim=1).diff(dim=1).abs().mean(dim=(0, 2, 3))
    assert float(cut.max()) > 3 * float(steps[:LEAVE].max())


def test_a_look_changes_linearly_where_nothing_moves() -> None:
    before = scene()
    (one,) = before.objects
    green = replace(one, solid=one.solid._replace(colour=Colour.GREEN))
    after = replace(before, sky=Sky.DUSK, objects=(green,))
    connection = Connection(before, after, LEAVE, ARRIVE)
    clip = render_connections([connection], VIDEO, FPS)[0]
    share = connection.share(VIDEO.frames)
    assert 0.45 < float(share[(LEAVE + ARRIVE) // 2]) < 0.55
    expected = torch.lerp(clip[:, :1], clip[:, -1:], share[:, None, None])
    torch.testing.assert_close(clip, expected, rtol=0, atol=1e-5)


def test_a_body_that_looks_the_same_turns_the_short_way() -> None:
    before, after = (scene(Shape.CUBE, Motion.SPIN, seed=seed) for seed in (1, 2))
    one, _ = views_through(Connection(before, after, LEAVE, ARRIVE), VIDEO.frames, FPS)
    rates = one.turn[:, 0, 0].diff() * FPS
    assert float(rates[:LEAVE].min()) > 1.6
    assert float(rates[LEAVE:ARRIVE].min()) > 0  # it never turns back


def test_a_sphere_that_rolls_comes_to_rest() -> None:
    one, other = views_through(Connection(ROLLING, scene(seed=4), LEAVE, ARRIVE), VIDEO.frames, FPS)
    assert bool(one.rolls.all())
    assert not bool(other.rolls.any())
    rates = one.roll[:, 0, 0].diff().abs()
    assert float(rates[:LEAVE].min()) > 0.05
    assert float(rates[ARRIVE:].max()) == 0


def test_transitions_that_cannot_be_are_refused() -> None:
    two = scene_of(JUMPING.attributes[0], random.Random(0), count=2)
    with pytest.raises(ValueError, match="got scenes of 1 and 2 objects, expected the same number"):
        Connection(JUMPING, two, LEAVE, ARRIVE)
    with pytest.raises(ValueError, match="got a transition from frame 8 to 9"):
        Connection(JUMPING, JUMPING, 8, 9)
    with pytest.raises(ValueError, match="ends at frame 33, expected one before 33"):
        render_connections([Connection(JUMPING, JUMPING, 8, 33)], VIDEO, FPS)
