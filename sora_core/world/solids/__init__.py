"""The solids domain: spheres, cubes, cylinders and cones on a checkered floor under a sky, seen by a moving camera."""

from .attributes import Attributes, Camera, Floor, Motion, Shape, Sky, Solid, all_combinations, held_out
from .cameras import Poses
from .captions import caption
from .checks import check
from .domain import Solids
from .motion import Views, views_at
from .renderer import render
from .sampling import sample_scene, scene_of
from .scenes import CameraState, Scene, SolidState
from .truth import Truth, tile_corners

__all__ = [
    "Attributes",
    "Camera",
    "CameraState",
    "Floor",
    "Motion",
    "Poses",
    "Scene",
    "Shape",
    "Sky",
    "Solid",
    "SolidState",
    "Solids",
    "Truth",
    "Views",
    "all_combinations",
    "caption",
    "check",
    "held_out",
    "render",
    "sample_scene",
    "scene_of",
    "tile_corners",
    "views_at",
]
