"""Cuts lie where latent frames begin, whatever the duration, and the camera stands still between them."""

import random

import pytest
import torch

from sora_core.world.shots import Framing, Shot
from sora_core.world.shots.sampling import camera_of, sample_scene
from sora_core.world.shots.scenes import CUTS, Scene, shot_poses

SCENES = [sample_scene(random.Random(seed)) for seed in range(40)]


@pytest.mark.parametrize("frames", [17, 33, 49])
def test_every_shot_is_shown_and_begins_with_a_latent_frame_whatever_the_duration(frames: int) -> None:
    for scene in SCENES:
        starts = scene.first_frames(frames, 8.0)
        assert len(starts) == len(scene.shots)
        assert all(start % 4 == 1 for start in starts[1:])
        assert starts[-1] <= 13


def test_cuts_of_two_and_three_shots() -> None:
    scenes = {len(scene.shots): scene for scene in SCENES}
    assert scenes[2].first_frames(17, 8.0) == [0, 9]
    assert scenes[3].first_frames(17, 8.0) == [0, 9, 13]
    assert scenes[3].first_frames(33, 16.0) == [0, 17, 25]


def test_a_short_clip_shows_the_first_shots_alone() -> None:
    three = next(scene for scene in SCENES if len(scene.shots) == 3)
    assert three.first_frames(1, 8.0) == [0]
    assert three.first_frames(9, 8.0) == [0]
    assert three.first_frames(10, 8.0) == [0, 9]


def test_the_camera_of_each_frame_is_that_of_its_shot() -> None:
    solids = SCENES[0].solids
    cameras = (camera_of(7.5), camera_of(4.5, height=4.0), camera_of(5.0, angle=1.0))
    shots = tuple(map(Shot, (Framing.WIDE, Framing.ABOVE, Framing.RIGHT), cameras))
    scenes = [Scene(solids, shots), Scene(solids, shots[:2])]
    eye = shot_poses(scenes, torch.arange(17) / 8).eye
    assert [round(float(depth), 2) for depth in eye[0, [0, 8, 9, 12, 13, 16], 2]] == [7.5, 7.5, 4.5, 4.5, 2.7, 2.7]
    assert [round(float(depth), 2) for depth in eye[1, [0, 8, 9, 16], 2]] == [7.5, 7.5, 4.5, 4.5]
    assert float(eye[0, 9, 1]) == 4.0


def test_the_last_cut_leaves_something_of_a_clip_of_17_frames() -> None:
    assert all(cuts[-1] < 16 / 8 for cuts in CUTS.values())
