"""The diffusion transformer in the layout of Wan."""

from .model import DiTConfig, VideoDiT

__all__ = ["DiTConfig", "VideoDiT"]
