"""A procedural world of captioned scenes with exact ground truth, rendered in batched torch."""

from .attributes import Attributes, Background, Colour, Direction, Shape, Speed, held_out, training_combinations
from .captions import Style, caption
from .checks import Reading, read_attributes
from .connections import Connection, Connections, render_connections, sample_connections
from .kinds import RICHER, Hidden, Pair, Panned, Scene, Size, Sized, objects, richer
from .renderer import render
from .richer_checks import check_scene
from .scenes import Scenes, sample_scenes

__all__ = [
    "RICHER",
    "Attributes",
    "Background",
    "Colour",
    "Connection",
    "Connections",
    "Direction",
    "Hidden",
    "Pair",
    "Panned",
    "Reading",
    "Scene",
    "Scenes",
    "Shape",
    "Size",
    "Sized",
    "Speed",
    "Style",
    "caption",
    "check_scene",
    "held_out",
    "objects",
    "read_attributes",
    "render",
    "render_connections",
    "richer",
    "sample_connections",
    "sample_scenes",
    "training_combinations",
]
