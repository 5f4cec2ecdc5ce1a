"""Expanded prompts: only what a prompt asks for is counted, however it is written."""

from __future__ import annotations

import random

import pytest
import torch

from claims_fixtures import Perfect, nothing, value
from sora_core.evals.claims.claim import TRUE, Request
from sora_core.evals.claims.expansion import AS_IT_IS, ASKED, EXPANDED, PROMPTS, Expanded, asked_for, expanded
from sora_core.language.grammar import WorldReader
from sora_core.world.flat import held_out, render, sample_scenes
from tiny import tiny_vae

WANTED = held_out()[:30]


class Reads(Perfect):
    """Shows the true clips for prompts that name colour and shape in trained words, and grey for others."""

    def generated(self, prompts, video, *, seed):
        true = render(sample_scenes(WANTED[: len(prompts)], random.Random(0)), video, self.fps)
        known = [bool(WorldReader(["flat"]).facts(text)) for text in prompts]
        return torch.stack([clip if there else 0 * clip for clip, there in zip(true, known, strict=True)])


@pytest.mark.parametrize("kind", PROMPTS)
def test_every_prompt_asks_for_something_and_its_expansion_states_it(kind: str) -> None:
    rng, read = random.Random(0), 0
    for wanted in WANTED:
        written = PROMPTS[kind](wanted, rng)
        asked, text = asked_for(written.plain), expanded(written.prompt, 0)
        assert len(asked) >= 2
        if text != written.prompt:  # verbs of motion, which say nothing, are not put right where they are misspelt
            assert set(asked) <= set(asked_for(text))
            read += 1
    assert read >= (0.6 if kind == "misspelt" else 1) * len(WANTED)


def test_a_misspelt_prompt_is_another_than_the_plain_one() -> None:
    rng = random.Random(0)
    written = [PROMPTS["misspelt"](wanted, rng) for wanted in WANTED]
    assert all(one.prompt != one.plain and sorted(one.prompt) == sorted(one.plain) for one in written)


def test_a_prompt_outside_the_world_stays_as_it_is() -> None:
    assert expanded("two dogs in the snow", 0) == "two dogs in the snow"


@pytest.mark.slow
def test_a_model_that_reads_only_trained_words_gains_by_expansion() -> None:
    rows, picture = Expanded().measure([Reads("reads", tiny_vae())], Request(12))
    shares = {(row["prompts"], row["sampled with"]): value(row[ASKED]) for row in rows}
    assert {kind for kind, _ in shares} == set(PROMPTS)
    for kind in PROMPTS:
        assert shares[kind, TRUE] > 0.9
        assert shares[kind, EXPANDED] > (0.5 if kind == "misspelt" else 0.9)
    assert shares["terse", AS_IT_IS] > 0.9
    assert max(shares["misspelt", AS_IT_IS], shares["Chinese", AS_IT_IS]) < 0.2  # a gray background is there
    assert [row["speed"] for row in rows if row["prompts"] == "Chinese"] == [""] * 3  # which was not asked for
    assert picture.width > 500


@pytest.mark.slow
def test_a_model_that_shows_nothing_has_nothing() -> None:
    rows, _ = Expanded().measure([nothing()], Request(2))
    assert max(value(row["colour"]) for row in rows if row["sampled with"] != TRUE and row["colour"] != "") < 0.6
