"""The grid of a VAE as the widget of Sora Timeline draws it: which frames each latent frame holds."""

from __future__ import annotations

from typing import Any

from ..canvas.time_grid import CausalGrid, FormulaGrid, TimeGrid


def grid_values(grid: TimeGrid) -> dict[str, Any] | None:
    """Return frames of the first latent frames and of those that repeat, and numbers that it takes: least + k * step.

    None for a grid whose latent frames cannot be told apart.
    """
    if isinstance(grid, CausalGrid):
        return {"first": [1], "cycle": [grid.time], "least": 1, "step": grid.time}
    if isinstance(grid, FormulaGrid) and grid.cycle:
        return {"first": [], "cycle": [*grid.cycle], "least": grid.at_least(1), "step": grid.period[0]}
    return None
