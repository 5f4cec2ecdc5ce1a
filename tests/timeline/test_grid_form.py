"""What the widget is told of a grid says the same as the grid."""

from __future__ import annotations

import pytest

from sora_core.canvas.time_grid import FormulaGrid
from sora_core.timeline.grid_form import grid_values
from timeline_table import CASES, GRIDS


@pytest.mark.parametrize("name", GRIDS)
def test_the_values_are_those_that_the_tests_of_the_widget_read(name):
    assert grid_values(GRIDS[name]) == CASES["grids"][name]


def test_a_grid_whose_latent_frames_cannot_be_told_apart_has_none():
    assert grid_values(FormulaGrid("Other", lambda n: 6 * n - 5, lambda f: (f + 5) // 6)) is None
