"""The diffusion transformer of the Wan family."""

from .experts import Experts
from .image import ImageConditioning
from .model import DiTConfig, VideoDiT

__all__ = ["DiTConfig", "Experts", "ImageConditioning", "VideoDiT"]
