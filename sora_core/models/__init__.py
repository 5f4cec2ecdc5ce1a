"""Models: conditioning, presets, and the DiT, VAE and text encoder of the Wan family."""
