"""The solids domain: spheres, cubes, cylinders and cones on a checkered floor under a sky, seen by a moving camera."""

from .attributes import Attributes, Camera, Floor, Motion, Shape, Sky, Solid, all_combinations, held_out
from .cameras import Poses
from .captions import caption
from .domain import Solids
from .motion import Views, views_at
from .renderer import render
from .sampling import sample_scene, scene_of
from .scenes import Scene

__all__ = [
    "Attributes",
    "Camera",
    "Floor",
    "Motion",
    "Poses",
    "Scene",
    "Shape",
    "Sky",
    "Solid",
    "Solids",
    "Views",
    "all_combinations",
    "caption",
    "held_out",
    "render",
    "sample_scene",
    "scene_of",
    "views_at",
]
