"""The game domain: a tile world with exact rules, in which a player walks, jumps, digs, places and picks up."""

from .attributes import Act, Attributes, Direction, Feature, Theme, View, held_out, training_combinations
from .checks import Story, read_story
from .divergence import Divergence, divergence
from .domain import Game
from .motion import Truth
from .reading import Look, read_grid, read_look, read_player, read_state
from .rules import TICK, Action, State, Tile, rollout, step
from .scenes import Scene, Told

__all__ = [
    "TICK",
    "Act",
    "Action",
    "Attributes",
    "Direction",
    "Divergence",
    "Feature",
    "Game",
    "Look",
    "Scene",
    "State",
    "Story",
    "Theme",
    "Tile",
    "Told",
    "Truth",
    "View",
    "divergence",
    "held_out",
    "read_grid",
    "read_look",
    "read_player",
    "read_state",
    "read_story",
    "rollout",
    "step",
    "training_combinations",
]
