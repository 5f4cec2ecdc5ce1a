"""Sources on their way through a LATENT."""

from __future__ import annotations

import torch

from headless.pack import import_from_pack


def test_a_latent_holds_its_sources_in_the_order_of_their_moments_and_is_not_changed():
    module = import_from_pack("nodes.io.placed_sources")
    late, early = (module.PlacedSource(torch.zeros(1, 8, 8, 3), 8.0, first, first + 4, 0) for first in (9, 1))
    empty = {"samples": torch.zeros(1, 4, 5, 2, 2)}
    one = module.with_sources(empty, late)
    assert module.placed_sources(module.with_sources(one, early)) == (early, late)
    assert module.placed_sources(one) == (late,)
    assert module.placed_sources(empty) == ()
