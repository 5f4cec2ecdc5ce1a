"""The painter domain: changes that stay, as a brush that leaves a stroke and food that is eaten bite by bite."""

from .attributes import Food, Meal, Paper, Path, Side, Stroke, Way, meals, strokes
from .domain import Painter
from .scenes import Eating, Painting, Scene, Truth

__all__ = [
    "Eating",
    "Food",
    "Meal",
    "Painter",
    "Painting",
    "Paper",
    "Path",
    "Scene",
    "Side",
    "Stroke",
    "Truth",
    "Way",
    "meals",
    "strokes",
]
