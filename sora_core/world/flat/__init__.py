"""The flat domain: plain shapes that move over one colour, with exact truth."""

from ..domain import Style
from ..palette import Colour
from .attributes import Attributes, Background, Direction, Shape, Speed, held_out, training_combinations
from .captions import caption
from .checks import Reading, read_attributes
from .connections import Connection, Connections, join_connections, render_connections, sample_connections
from .domain import Flat, FlatScene, FlatTruth
from .kinds import RICHER, Hidden, Pair, Panned, RicherShares, Scene, Size, Sized, objects, richer
from .renderer import render
from .richer_checks import check_scene
from .scenes import Scenes, join_scenes, sample_scenes
from .transitions import draw_connection
from .turns import Turn, draw_turn, goes_as_told, render_turns

__all__ = [
    "RICHER",
    "Attributes",
    "Background",
    "Colour",
    "Connection",
    "Connections",
    "Direction",
    "Flat",
    "FlatScene",
    "FlatTruth",
    "Hidden",
    "Pair",
    "Panned",
    "Reading",
    "RicherShares",
    "Scene",
    "Scenes",
    "Shape",
    "Size",
    "Sized",
    "Speed",
    "Style",
    "Turn",
    "caption",
    "check_scene",
    "draw_connection",
    "draw_turn",
    "goes_as_told",
    "held_out",
    "join_connections",
    "join_scenes",
    "objects",
    "read_attributes",
    "render",
    "render_connections",
    "render_turns",
    "richer",
    "sample_connections",
    "sample_scenes",
    "training_combinations",
]
