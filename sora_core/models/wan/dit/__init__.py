"""The diffusion transformer in the layout of Wan."""

from .experts import Experts
from .image import ImageConditioning
from .model import DiTConfig, VideoDiT

__all__ = ["DiTConfig", "Experts", "ImageConditioning", "VideoDiT"]
