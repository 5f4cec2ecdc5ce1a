"""3-D consistency: true clips reach the ceiling of every measure, and a frozen frame does not."""

from __future__ import annotations

import random

import pytest
import torch

from claims_fixtures import perfect
from sora_core.evals.claims import three_d
from sora_core.evals.claims.claim import THROUGH_VAE, TRUE, Request, Tally
from sora_core.evals.claims.three_d import (
    EXTENSION,
    FROZEN,
    HOMOGRAPHY,
    ORBIT,
    PROMPT,
    ThreeD,
    frozen,
    moving_scene,
    score_prompted,
)
from sora_core.world.solids import Camera, Motion


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], dict[str, float]]:
    """The values without their intervals."""
    rows, picture = ThreeD().measure([perfect()], Request(2))
    assert picture.width > 300
    return {
        (str(row["part"]), str(row["shown"])): {
            name: float(str(row[name]).split()[0]) for name in three_d.COLUMNS if row[name]
        }
        for row in rows
    }


@pytest.mark.slow
@pytest.mark.parametrize("part", [EXTENSION, PROMPT, ORBIT])
def test_true_clips_reach_the_ceiling(part: str, table: dict[tuple[str, str], dict[str, float]]) -> None:
    true = table[part, TRUE]
    assert table[part, THROUGH_VAE] == true
    for name in true:
        assert true[name] < 0.2 if "distance" in name else true[name] > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("part", [EXTENSION, PROMPT, ORBIT])
def test_a_frozen_frame_is_near_the_floor(part: str, table: dict[tuple[str, str], dict[str, float]]) -> None:
    for name in ("landmarks in place", "parallax order", "rigid floor"):
        assert table[part, FROZEN].get(name, 0.0) < (0.7 if name == "rigid floor" else 0.4)


@pytest.mark.slow
def test_a_floor_moved_as_a_plane_beats_a_frozen_one_and_lays_objects_down(
    table: dict[tuple[str, str], dict[str, float]],
) -> None:
    assert table[EXTENSION, HOMOGRAPHY]["landmarks in place"] > table[EXTENSION, FROZEN]["landmarks in place"]
    assert table[ORBIT, HOMOGRAPHY]["objects in place"] == 0


def test_a_frozen_clip_repeats_its_last_known_frame() -> None:
    clips = torch.arange(5.0).view(1, 1, 5, 1, 1).expand(2, 3, 5, 4, 4)
    assert frozen(clips, 2)[1, 0, :, 0, 0].tolist() == [0, 1, 1, 1, 1]


def test_scenes_have_one_object_that_stands_under_a_moving_camera() -> None:
    for seed in range(5):
        scene = moving_scene(random.Random(seed), (Camera.IN, Camera.ORBIT_LEFT))
        assert [one.solid.motion for one in scene.objects] == [Motion.STAND]
        assert scene.camera.camera in (Camera.IN, Camera.ORBIT_LEFT)


@pytest.mark.slow
def test_a_clip_without_a_floor_has_no_rigid_one() -> None:
    tally, scene = Tally(three_d.COLUMNS), moving_scene(random.Random(0))
    noise = torch.rand(3, 9, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    score_prompted(tally, scene, noise, noise, 8.0)
    assert tally.values["rigid floor"] == [0.0]
