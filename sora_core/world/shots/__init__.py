"""The shots domain: two or three shots of one scene of solids in one clip, with hard cuts between them."""

from .attributes import Framing, framings_after, is_held_out
from .captions import caption
from .checks import check
from .domain import Shots
from .renderer import render
from .sampling import sample_scene, scene_of
from .scenes import Scene, Shot

__all__ = [
    "Framing",
    "Scene",
    "Shot",
    "Shots",
    "caption",
    "check",
    "framings_after",
    "is_held_out",
    "render",
    "sample_scene",
    "scene_of",
]
