"""Diffusion transformer, VAE and text encoder of Wan 2.1 and 2.2, each with its state-dict adapters."""
