"""The round trip: a model that shows what it reads and a captioner that says what it sees keep every fact."""

from __future__ import annotations

import random

import pytest
import torch

from claims_fixtures import Perfect, nothing, value
from sora_core.evals.claims.claim import Request
from sora_core.evals.claims.round_trip import CHECKS, KEPT, OTHER, ROUND, SEEN, WHOLE, RoundTrip
from sora_core.world import DOMAINS, Style
from tiny import tiny_vae

COUNT = 6


class Knows(Perfect):
    """Says the captions of the scenes that the claim draws, and makes their true clips of any prompts."""

    def described(self, pixels: torch.Tensor) -> list[str]:
        return [self.domain().caption(scene, Style.RICH, random.Random(1)) for scene in self.scenes()]

    def generated(self, prompts, video, *, seed):
        return self.domain().render(self.scenes(), video, self.fps)

    def scenes(self):
        rng = random.Random("0/solids")
        return [self.domain().sample(rng, unseen=True) for _ in range(COUNT)]

    def domain(self):
        return DOMAINS["solids"]


@pytest.mark.slow
def test_where_both_are_perfect_every_fact_is_kept_and_another_clip_has_other_facts() -> None:
    rows, picture = RoundTrip().measure([Knows("knows", tiny_vae())], Request(COUNT, domains=("solids",)))
    shares = {row["clip"]: row for row in rows}
    for column in (SEEN, KEPT, WHOLE, CHECKS):
        assert value(shares[ROUND][column]) > 0.9
    assert value(shares[OTHER][SEEN]) > 0.9
    for column in (KEPT, WHOLE, CHECKS):
        assert value(shares[OTHER][column]) < 0.8
    assert picture.width > 500


@pytest.mark.slow
def test_a_model_without_a_captioner_is_told_how_to_train_one() -> None:
    with pytest.raises(ValueError, match=r"nothing has no captioner\.safetensors beside its DiT; `python -m"):
        RoundTrip().measure([nothing()], Request(2, domains=("flat",)))
