"""A procedural world of captioned scenes with exact ground truth, rendered as batched torch on any device."""

from .attributes import Attributes, Background, Colour, Direction, Shape, Speed, held_out, training_combinations
from .captions import Style, caption
from .checks import Reading, read_attributes
from .renderer import render
from .scenes import Scenes, sample_scenes

__all__ = [
    "Attributes",
    "Background",
    "Colour",
    "Direction",
    "Reading",
    "Scenes",
    "Shape",
    "Speed",
    "Style",
    "caption",
    "held_out",
    "read_attributes",
    "render",
    "sample_scenes",
    "training_combinations",
]
