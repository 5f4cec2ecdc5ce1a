"""The video VAE: pixels to spacetime latents and back."""

from .model import VAEConfig, VideoVAE

__all__ = ["VAEConfig", "VideoVAE"]
