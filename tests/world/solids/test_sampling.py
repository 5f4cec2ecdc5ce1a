"""Drawn scenes keep held-out combinations apart, and their objects apart, in the frame and in sight."""

import random
from collections import Counter
from itertools import combinations

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.solids import Camera, Motion, Scene, Shape, held_out, sample_scene, scene_of, views_at
from sora_core.world.solids.attributes import AWAY, CROSSING
from sora_core.world.solids.sampling import STAGES, can_hide, far_colours, random_attributes, sample_attributes
from sora_core.world.solids.visibility import uncovered

NARROW = VideoShape(1, 160, 96)
TIMES = torch.arange(33) / 8


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    rng = random.Random(0)
    return [sample_scene(rng) for _ in range(250)]


def test_the_same_seed_draws_the_same_scene() -> None:
    first, second = (sample_scene(random.Random(5)) for _ in range(2))
    assert first == second


def test_training_scenes_hold_no_held_out_combination_and_unseen_ones_begin_with_one(scenes: list[Scene]) -> None:
    assert not held_out() & {one for scene in scenes for one in scene.attributes}
    rng = random.Random(1)
    for _ in range(20):
        assert sample_scene(rng, unseen=True).attributes[0] in held_out()


def test_every_kind_of_scene_is_drawn(scenes: list[Scene]) -> None:
    counts = Counter(len(scene.objects) for scene in scenes)
    assert all(abs(counts[number] / len(scenes) - stage.share) < 0.1 for number, stage in STAGES.items())
    assert {scene.camera.camera for scene in scenes} == {*Camera}
    assert {one.solid.motion for scene in scenes for one in scene.objects} == {*Motion}
    assert {one.solid.shape for scene in scenes for one in scene.objects} == {*Shape}
    assert sum(scene.behind for scene in scenes) > 0.05 * len(scenes)


def test_colours_of_a_scene_are_no_neighbours(scenes: list[Scene]) -> None:
    order = list(Colour)
    for scene in scenes:
        for one, other in combinations(scene.objects, 2):
            apart = abs(order.index(one.solid.colour) - order.index(other.solid.colour))
            assert min(apart, len(order) - apart) > 1
    assert far_colours([Colour.RED]) == [Colour.YELLOW, Colour.GREEN, Colour.CYAN, Colour.BLUE, Colour.PURPLE]


def test_objects_never_touch(scenes: list[Scene]) -> None:
    for scene in scenes:
        centres = views_at([scene], TIMES).centre[0][..., ::2]  # [F K 2]
        for one, other in combinations(range(len(scene.objects)), 2):
            radii = scene.objects[one].size + scene.objects[other].size
            assert float((centres[:, one] - centres[:, other]).norm(dim=-1).min()) > radii


def test_every_object_shows_at_the_start_and_mostly_in_a_narrow_frame(scenes: list[Scene]) -> None:
    for scene in scenes:
        views = views_at([scene], TIMES[:17])
        pixels, _ = views.camera.project(views.centre, NARROW)
        inside = ((pixels[0, :, :, 1] > 0) & (pixels[0, :, :, 1] < NARROW.width)).float()  # [F K]
        looking = torch.ones(17) if scene.camera.camera not in AWAY else (TIMES[:17] == 0).float()
        seen = inside * (uncovered(views)[0] > 0.5)
        assert bool(((seen * looking[:, None]).sum(dim=0) >= (0.4 if scene.behind else 0.5) * looking.sum()).all())


def test_what_passes_behind_is_seen_hidden_and_seen_on_the_other_side() -> None:
    rng = random.Random(0)
    for first in filter(can_hide, (sample_attributes(rng) for _ in range(400))):
        scene = scene_of(first, rng, count=2, behind=True)
        views = views_at([scene], TIMES[:17])
        shown = uncovered(views)[0, :, 1]
        assert float(shown[0]) > 0.85
        assert float(shown.min()) < 0.1
        assert float(shown[-1]) > 0.85
        assert float(views.centre[0, 0, 1, 0]) * float(views.centre[0, -1, 1, 0]) < 0
        assert scene.objects[1].solid.motion in CROSSING


def test_only_two_objects_of_which_the_first_can_hide_are_behind_one_another() -> None:
    rng = random.Random(0)
    hiding = next(one for one in iter(lambda: sample_attributes(rng), None) if can_hide(one))
    jumping = hiding._replace(solid=hiding.solid._replace(motion=Motion.JUMP))
    for first, count in ((hiding, 1), (hiding, 3), (jumping, 2)):
        with pytest.raises(ValueError, match="expected two"):
            scene_of(first, rng, count=count, behind=True)


def test_attributes_for_evaluations_differ_and_are_held_out_unless_told_otherwise() -> None:
    drawn = random_attributes(random.Random(0), 40)
    assert len({*drawn}) == 40
    assert {*drawn} <= held_out()
    assert not {*random_attributes(random.Random(0), 40, unseen=False)} <= held_out()
