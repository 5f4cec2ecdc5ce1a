"""Random transitions: whole latents at both ends, of training combinations alone."""

import random

from sora_core.world.flat import draw_connection, held_out


def test_transitions_are_whole_latents_of_training_combinations() -> None:
    rng = random.Random(0)
    wanted = [draw_connection(17, 4, rng) for _ in range(300)]
    assert {(one.leave, one.arrive) for one in wanted} == {(0, 9), (0, 13), (4, 13)}
    assert not {side for one in wanted for side in (one.first, one.second)} & set(held_out())
    assert 0.3 < sum(one.second is None for one in wanted) / 300 < 0.5
    others = [one for one in wanted if one.second is not None]
    assert 0.3 < sum(one.second[:3] == one.first[:3] for one in others) / len(others) < 0.55


def test_unseen_transitions_are_between_held_out_combinations() -> None:
    rng = random.Random(0)
    for _ in range(100):
        one = draw_connection(13, 4, rng, unseen=True)
        assert one.first in held_out()
        assert one.second is None or one.second in held_out()
