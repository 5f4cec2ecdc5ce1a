"""The video VAE, which encodes pixels to spacetime latents and decodes them."""

from .model import VAEConfig, VideoVAE
from .tiling import Tiles

__all__ = ["Tiles", "VAEConfig", "VideoVAE"]
