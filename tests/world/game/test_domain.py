"""Game keeps the promises of a domain."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Domain, Style
from sora_core.world.game import Game, Scene, Truth, held_out
from sora_core.world.game.attributes import View


def test_only_unseen_scenes_are_of_held_out_combinations() -> None:
    game, rng, excluded = Game(), random.Random(0), set(held_out())
    assert all(game.sample(rng, unseen=True).wanted in excluded for _ in range(100))
    assert not any(game.sample(rng).wanted in excluded for _ in range(300))


def test_both_views_are_drawn_as_often() -> None:
    game, rng = Game(), random.Random(0)
    sides = sum(game.sample(rng).wanted.view is View.SIDE for _ in range(400))
    assert 160 < sides < 240


def test_a_scene_is_captioned_rendered_known_and_checked() -> None:
    game: Domain[Scene, Truth] = Game()
    rng = random.Random(0)
    scene = game.sample(rng)
    clips = game.render([scene, game.sample(rng)], VideoShape(17, 128, 128), 8.0)
    assert game.name == "game"
    assert clips.shape == (2, 3, 17, 128, 128)
    assert game.caption(scene, Style.RICH, rng).startswith("pixel game: ")
    assert game.truth(scene, 0.0).state == scene.start
    assert set(game.check(scene, clips[0], 8.0).values()) == {True}


def test_scenes_of_a_longer_game_use_the_time() -> None:
    rng = random.Random(0)
    game = Game(seconds=6.0)
    lengths = [len(game.sample(rng).actions) for _ in range(100)]
    assert max(lengths) > 8
    assert all(length <= 12 for length in lengths)


def test_a_game_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got 1\.5 seconds.* at least 2\.0"):
        Game(seconds=1.5)


def test_the_same_seed_gives_the_same_frames() -> None:
    clips = [Game().render([Game().sample(random.Random(3))], VideoShape(5, 64, 64), 8.0) for _ in range(2)]
    assert torch.equal(clips[0], clips[1])
