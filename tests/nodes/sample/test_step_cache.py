"""Sora Step Cache puts its tolerance on a copy of the MODEL, beside the other options."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack


def run(node, **inputs):
    return node.execute(**inputs).args[0]


@pytest.fixture
def model(nodes):
    return run(nodes["SoraLoadModel"], model="tiny")


def options_of(model):
    return import_from_pack("nodes.host").current().sampling_options(model)


def test_the_last_tolerance_counts_and_other_options_stay(nodes, model):
    resampled = run(nodes["SoraResample"], model=model, jumps=2)
    cached = run(
        nodes["SoraStepCache"], model=run(nodes["SoraStepCache"], model=resampled, tolerance=0.5), tolerance=0.1
    )
    assert (options_of(cached).step_cache, options_of(cached).resampling) == (0.1, 2)
    assert options_of(model).step_cache == 0, "the MODEL that was given has changed"


@pytest.mark.parametrize("tolerance", [-0.1, 1.0])
def test_a_tolerance_out_of_range_is_refused(nodes, model, tolerance):
    with pytest.raises(ValueError, match=f"must be at least 0 and below 1, got {tolerance}"):
        run(nodes["SoraStepCache"], model=model, tolerance=tolerance)
