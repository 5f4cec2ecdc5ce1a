"""How long a clip of the game follows its rules: rollouts from the clip's own first frame against what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from .reading import UNKNOWN, Look, read_grid, read_player, read_state
from .rules import TICK, Action, State, rollout

PLACE_ERROR = 0.5  # tiles by which the player may be away from where the rules have it


class Divergence(NamedTuple):
    """Ticks that a clip follows the rules, and how many ticks it has. None followed: no player in its first frame."""

    followed: int | None
    ticks: int

    @property
    def seconds(self) -> float | None:
        """Seconds from the beginning to the last tick that follows the rules."""
        return None if self.followed is None else self.followed * TICK


def divergence(
    frames: torch.Tensor, fps: float, look: Look, actions: Sequence[Action], *, wrong_tiles: int = 0
) -> Divergence:
    """Compare a clip [3 F H W] in -1..1 with the rules, from the state of its first frame.

    Frames between two ticks are not looked at. After the last action the player stands. wrong_tiles: how many tiles in
    sight may differ from the rules.
    """
    ticks = int((frames.shape[1] - 1) / fps / TICK + 1e-6)
    start = read_state(frames[:, 0], look)
    if start is None:
        return Divergence(None, ticks)
    indices = [round(tick * TICK * fps) for tick in range(ticks + 1)]
    shown = frames[:, indices]
    player = read_player(shown, look.player)
    grids = read_grid(shown, look.view, look.theme, player)
    full = [*actions[:ticks], *[Action.STAND] * (ticks - len(actions))]
    for tick, state in enumerate(rollout(start, full)):
        away = max(abs(float(player.row[tick]) - state.row), abs(float(player.column[tick]) - state.column))
        if not bool(player.found[tick]) or away > PLACE_ERROR or tile_errors(grids[tick], state) > wrong_tiles:
            return Divergence(max(tick - 1, 0), ticks)
    return Divergence(ticks, ticks)


def tile_errors(grid: torch.Tensor, state: State) -> int:
    """Count the tiles of a grid that was read [rows columns] that differ from a state, where they are in sight."""
    asked = torch.tensor([[tile.value for tile in row] for row in state.grid], device=grid.device)
    return int(((grid != asked) & (grid != UNKNOWN)).sum())
