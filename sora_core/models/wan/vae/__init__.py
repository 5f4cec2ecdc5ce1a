"""The video VAE: pixels to spacetime latents and back."""

from .model import VAEConfig, VideoVAE
from .tiling import Tiles

__all__ = ["Tiles", "VAEConfig", "VideoVAE"]
