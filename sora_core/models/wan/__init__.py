"""Diffusion transformer, VAE and text encoder in the layout of Wan 2.1 and 2.2, each with its state dicts."""
