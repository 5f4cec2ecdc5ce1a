"""Scores of captions: a captioner that knows the truth has all facts, and the order of objects does not count."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.captions import AS_DRAWN, FactShare, as_drawn, best_named, scenes_of_kinds, score_captions
from sora_core.language.facts import Fact, Kind
from sora_core.pipeline import Pipeline
from sora_core.world import DOMAINS, Style
from sora_core.world.domain import KINDS_AMONG
from sora_core.world.flat import held_out, objects

SMALL = VideoShape(5, 32, 32)


class Knowing:
    """Says the captions of the scenes that were drawn, which no clip tells it. forgets: words that it leaves out."""

    def __init__(self, domain, seed: int, forgets: str = "") -> None:
        rng = random.Random(seed)
        scenes, _ = scenes_of_kinds(domain, 20, rng)
        self.texts = [domain.caption(scene, Style.RICH, rng).replace(forgets or "\0", "") for scene in scenes]

    def describe(self, latents: torch.Tensor) -> list[str]:
        told, self.texts = self.texts[: len(latents)], self.texts[len(latents) :]
        return told


@pytest.mark.parametrize("name", DOMAINS)
def test_a_captioner_that_knows_the_scenes_states_every_fact(tiny_model_folder: Path, name) -> None:
    pipe, domain = Pipeline.load(tiny_model_folder), DOMAINS[name]
    shares = score_captions(pipe, Knowing(domain, 3), domain, SMALL, count=20, seed=3)
    assert shares
    assert min(share.precision for share in shares) > 0.9
    assert min(share.recall for share in shares) > 0.9


def test_rare_kinds_of_scenes_have_as_many_clips_as_others() -> None:
    flat = DOMAINS["flat"]
    scenes, often = scenes_of_kinds(flat, 12, random.Random(0))
    kinds = Counter(flat.kind(scene) for scene in scenes)
    assert kinds.keys() == {"attributes", "sized", "pair", "panned", "hidden"}
    assert set(kinds.values()) == {2, 3}
    assert often.keys() == kinds.keys()
    assert sum(often.values()) == KINDS_AMONG
    assert all(objects(scene.wanted)[0] in held_out() for scene in scenes)


def test_what_is_left_out_is_missed(tiny_model_folder: Path) -> None:
    pipe, domain = Pipeline.load(tiny_model_folder), DOMAINS["solids"]
    shares = score_captions(pipe, Knowing(domain, 3, " red"), domain, SMALL, count=20, seed=3)
    assert min(share.recall for share in shares if share.fact == "colour") < 1


def test_all_kinds_together_count_as_often_as_they_are_drawn() -> None:
    one, two = FactShare("one", "colour", 10, 8, 1.0, 0.8), FactShare("two", "colour", 20, 20, 0.5, 0.5)
    (row,) = as_drawn([one, two], {"one": 3.0, "two": 1.0})
    assert row[:4] == (AS_DRAWN, "colour", 30, 28)
    assert row.precision == pytest.approx((3 * 8 + 10) / (3 * 8 + 20))
    assert row.recall == pytest.approx((3 * 8 + 10) / (3 * 10 + 20))


def test_objects_are_numbered_as_suits_them_best() -> None:
    true = {Fact(Kind.COLOUR, "red", "object 1"), Fact(Kind.COLOUR, "blue", "object 2"), Fact(Kind.SETTING, "sand")}
    told = {Fact(Kind.COLOUR, "blue", "object 1"), Fact(Kind.COLOUR, "red", "object 2"), Fact(Kind.SETTING, "snow")}
    assert len(best_named(true, told) & true) == 2
    assert best_named(true, set()) == set()
