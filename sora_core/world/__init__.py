"""A procedural world of captioned scenes with exact ground truth, rendered as batched torch on any device."""

from .attributes import Attributes, Background, Colour, Direction, Shape, Speed, held_out, training_combinations
from .captions import Style, caption
from .checks import Reading, read_attributes
from .kinds import RICHER, Hidden, Pair, Panned, Scene, Size, Sized, bodies, richer
from .renderer import render
from .richer_checks import check_scene
from .scenes import Scenes, sample_scenes

__all__ = [
    "RICHER",
    "Attributes",
    "Background",
    "Colour",
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
    "bodies",
    "caption",
    "check_scene",
    "held_out",
    "read_attributes",
    "render",
    "richer",
    "sample_scenes",
    "training_combinations",
]
