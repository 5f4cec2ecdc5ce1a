"""The game domain: a tile world with exact rules, in which a player walks, jumps, digs, places and picks up."""

from .attributes import Act, Attributes, Direction, Feature, Theme, View, held_out, training_combinations
from .domain import Game
from .motion import Truth
from .rules import TICK, Action, State, Tile, rollout, step
from .scenes import Scene, Told

__all__ = [
    "TICK",
    "Act",
    "Action",
    "Attributes",
    "Direction",
    "Feature",
    "Game",
    "Scene",
    "State",
    "Theme",
    "Tile",
    "Told",
    "Truth",
    "View",
    "held_out",
    "rollout",
    "step",
    "training_combinations",
]
