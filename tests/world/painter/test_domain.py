"""Painter keeps the promises of a domain."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Domain, Style
from sora_core.world.painter import Painter, Painting, Scene, Truth, meals, strokes


def test_only_unseen_scenes_are_of_held_out_combinations() -> None:
    painter, rng = Painter(), random.Random(0)
    excluded = {*strokes(unseen=True), *meals(unseen=True)}
    assert all(painter.sample(rng, unseen=True).wanted in excluded for _ in range(200))
    assert not any(painter.sample(rng).wanted in excluded for _ in range(500))


def test_both_kinds_are_drawn() -> None:
    rng = random.Random(0)
    painted = sum(isinstance(Painter().sample(rng), Painting) for _ in range(400))
    assert 200 < painted < 280


def test_a_scene_is_captioned_rendered_known_and_checked() -> None:
    painter: Domain[Scene, Truth] = Painter()
    rng = random.Random(0)
    scenes = [painter.sample(rng) for _ in range(3)]
    clips = painter.render(scenes, VideoShape(17, 128, 128), 8.0)
    assert painter.name == "painter"
    assert clips.shape == (3, 3, 17, 128, 128)
    for scene, clip in zip(scenes, clips, strict=True):
        assert painter.caption(scene, Style.RICH, rng)
        assert painter.truth(scene, 0.0).painted == 0
        assert set(painter.check(scene, clip, 8.0).values()) == {True}


def test_a_painter_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got 1\.5 seconds.* at least 2\.0"):
        Painter(seconds=1.5)


def test_the_same_seed_gives_the_same_frames() -> None:
    clips = [Painter().render([Painter().sample(random.Random(3))], VideoShape(5, 64, 64), 8.0) for _ in range(2)]
    assert torch.equal(clips[0], clips[1])
