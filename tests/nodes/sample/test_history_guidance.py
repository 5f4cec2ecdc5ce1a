"""Sora History Guidance puts its scale on a copy of the MODEL; what it does to latents is in test_resample.py."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack


def run(node, **inputs):
    return node.execute(**inputs).args[0]


@pytest.fixture
def model(nodes):
    return run(nodes["SoraLoadModel"], model="tiny")


def history_of(model):
    return import_from_pack("nodes.host").current().sampling_options(model).history


def test_scale_and_level_travel_with_the_model(nodes, model):
    guided = history_of(run(nodes["SoraHistoryGuidance"], model=model, scale=2.0, above=0.5))
    assert (guided.scale, guided.above) == (2.0, 0.5)
    assert history_of(model).scale == 1, "the MODEL that was given has changed"


@pytest.mark.parametrize(("scale", "above"), [(-1.0, 0.9), (float("nan"), 0.9), (1.5, 1.5), (1.5, -0.1)])
def test_values_out_of_range_are_refused(nodes, model, scale, above):
    with pytest.raises(ValueError, match="guidance"):
        run(nodes["SoraHistoryGuidance"], model=model, scale=scale, above=above)
