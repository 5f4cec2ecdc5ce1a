"""Random generators are made anew from seed, step, clip and process, and never share a stream."""

import pytest

from sora_core.train import distributed
from sora_core.train.seeds import Seeds


def test_the_same_purpose_gives_the_same_numbers_and_every_other_one_gives_others() -> None:
    def streams(seeds: Seeds) -> list[float]:
        made = (seeds.step(5), seeds.step(6), seeds.shared(5), seeds.clip("small", 5), seeds.clip("large", 5))
        return [rng.random() for rng in made]

    first = streams(Seeds(0))
    assert streams(Seeds(0)) == first
    assert len({*first, *streams(Seeds(1))}) == 10


def test_processes_draw_their_own_clips_and_share_what_must_be_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = Seeds(3)
    first = seeds.step(1).random(), seeds.clip("pool", 1).random(), seeds.shared(1).random()
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    second = seeds.step(1).random(), seeds.clip("pool", 1).random(), seeds.shared(1).random()
    assert [one == other for one, other in zip(first, second, strict=True)] == [False, False, True]
