"""Clips to go on from: held-out combinations, in batches whose sources have the lengths in turn."""

from __future__ import annotations

from sora_core.evals.sources import BATCH, prompted, video_of
from sora_core.pipeline import Pipeline
from sora_core.world.flat import held_out


def test_batches_have_the_lengths_in_turn_and_all_combinations_once():
    parts = list(prompted(10, 3, (5, 6)))
    assert [part.latents for part in parts] == [5, 6]
    assert [attributes for part in parts for attributes in part.wanted] == held_out()[:10]
    assert all(len(part.prompts) == len(part.wanted) <= BATCH for part in parts)
    assert parts == list(prompted(10, 3, (5, 6)))
    assert parts != list(prompted(10, 4, (5, 6)))


def test_a_clip_of_so_many_latents_has_their_frames(tiny_model_folder):
    assert video_of(Pipeline.load(tiny_model_folder), 5).frames == 17
