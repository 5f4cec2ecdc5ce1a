"""Joins travel in a LATENT: where known stretches begin and end, in frames; what was cut says none."""

from __future__ import annotations

from headless.pack import import_from_pack
from sora_core.canvas.time_grid import CausalGrid

joins = import_from_pack("nodes.io.joins")


def test_joins_are_the_ends_of_known_stretches_within_the_canvas():
    latent = joins.with_joins({"samples": None}, [range(3), range(5, 6), range(7, 9)], CausalGrid(4), 9)
    assert joins.joins_of(latent, 9) == joins.Joins((9, 17, 21, 25), 4, 9)
    assert "samples" in latent


def test_a_latent_that_was_cut_or_is_not_a_timeline_s_says_none():
    latent = joins.with_joins({}, [range(3)], CausalGrid(4), 9)
    assert joins.joins_of(latent, 8) is None
    assert joins.joins_of({}, 9) is None


def test_all_known_or_all_generated_has_no_join():
    for known in ([], [range(9)], [range(0)]):
        assert joins.with_joins({}, known, CausalGrid(4), 9) == {}
