"""The flat world as a domain: it draws what it should, and a scene is all that its frames depend on."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Style
from sora_core.world.flat import RICHER, Attributes, Direction, Flat, Pair, RicherShares, Shape, held_out, objects

VIDEO = VideoShape(17, 64, 64)


@pytest.mark.slow
def test_training_never_draws_a_held_out_combination_and_every_kind_has_its_share() -> None:
    flat, rng = Flat(RicherShares.equal(0.4)), random.Random(0)
    wanted = [flat.sample(rng).wanted for _ in range(3000)]
    assert not {one for scene in wanted for one in objects(scene)} & set(held_out())
    shares = {kind: sum(type(scene) is kind for scene in wanted) / 3000 for kind in (Attributes, *RICHER)}
    assert 0.55 < shares.pop(Attributes) < 0.65
    assert all(0.05 < share < 0.14 for share in shares.values())  # a moving wall fits fewer held-out rules


@pytest.mark.slow
def test_an_unseen_scene_has_a_held_out_combination_as_its_first_object() -> None:
    for share in (0.0, 1.0):
        flat, rng = Flat(RicherShares.equal(share)), random.Random(1)
        assert all(objects(flat.sample(rng, unseen=True).wanted)[0] in held_out() for _ in range(100))


def test_a_scene_gives_the_same_frames_alone_and_beside_others_with_more_objects() -> None:
    flat, rng = Flat(RicherShares.equal(0.8)), random.Random(2)
    scenes = [flat.sample(rng) for _ in range(12)]
    assert {len(objects(scene.wanted)) for scene in scenes} == {1, 2}
    together = flat.render(scenes, VIDEO, 8.0)
    for scene, frames in zip(scenes, together, strict=True):
        torch.testing.assert_close(flat.render([scene], VIDEO, 8.0)[0], frames, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_the_truth_of_a_plain_scene_is_where_its_object_is_drawn() -> None:
    flat, rng = Flat(RicherShares.equal(0.0)), random.Random(3)
    for scene in (flat.sample(rng) for _ in range(10)):
        frames = flat.render([scene], VideoShape(9, 48, 80), 8.0)[0]
        for index in (0, 5, 8):
            background = torch.tensor(scene.wanted.background.rgb) * 2 - 1
            there = ((frames[:, index] - background[:, None, None]).norm(dim=0) > 0.3).nonzero().float()  # [N 2]
            middle = (there.amin(0) + there.amax(0) + 1) / 2  # of the box around the object
            (truth,) = flat.truth(scene, index / 8.0).centres(48, 80)
            assert (middle - truth).abs().max() < 1


@pytest.mark.slow
def test_checks_read_back_what_captions_say() -> None:
    flat, rng = Flat(RicherShares.equal(0.5)), random.Random(4)
    scenes = [flat.sample(rng) for _ in range(60)]
    frames = flat.render(scenes, VIDEO, 8.0)
    right = [all(flat.check(scene, clip, 8.0).values()) for scene, clip in zip(scenes, frames, strict=True)]
    assert sum(right) >= 59
    for scene in scenes:
        assert all(flat.caption(scene, style, rng, still=still) for style in Style for still in (False, True))


@pytest.mark.parametrize("shares", [RicherShares.equal(1.5), RicherShares(pair=-0.1), RicherShares(0.2, 0.9)])
def test_shares_that_are_not_of_one_whole_are_refused(shares: RicherShares) -> None:
    with pytest.raises(ValueError, match="expected 0 to 1 for all together"):
        Flat(shares)


def test_a_kind_may_have_a_larger_share() -> None:
    flat, rng = Flat(RicherShares(sized=0.1, pair=0.6, panned=0.1, hidden=0.1)), random.Random(5)
    pairs = sum(isinstance(flat.sample(rng).wanted, Pair) for _ in range(200)) / 200
    assert 0.5 < pairs < 0.7


@pytest.mark.slow
def test_balanced_training_shows_all_that_is_there_with_one_shape_with_the_others_too() -> None:
    flat, rng = Flat(RicherShares.equal(0.6), balanced=True), random.Random(6)
    for _ in range(500):
        for one in objects(flat.sample(rng).wanted):
            assert not {one._replace(shape=shape) for shape in Shape} & set(held_out())
    assert objects(flat.sample(rng, unseen=True).wanted)[0] in held_out()


def test_two_objects_are_told_in_the_order_of_their_lanes() -> None:
    flat, turned = Flat(RicherShares(pair=1.0)), 0
    for seed in range(20):
        drawn = flat.sample(random.Random(seed))
        scene = flat.in_order(drawn)
        assert scene.state.wanted == (scene.wanted,)
        assert set(objects(scene.wanted)) == set(objects(drawn.wanted))
        torch.testing.assert_close(*(flat.render([one], VIDEO, 8.0) for one in (scene, drawn)))
        first, second = flat.truth(scene, 0.0).centres(64, 64)
        across = int(scene.wanted.first.direction in (Direction.UP, Direction.DOWN))
        assert first[across] < second[across]
        turned += scene.wanted != drawn.wanted
    assert 5 < turned < 15


def test_a_scene_of_one_object_has_an_order() -> None:
    flat = Flat(RicherShares(sized=0.4, panned=0.3, hidden=0.3))
    for seed in range(10):
        scene = flat.sample(random.Random(seed))
        assert flat.in_order(scene).wanted == scene.wanted
