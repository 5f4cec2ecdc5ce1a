"""Training of VAE, decoder and DiT with a time budget: `python -m sora_core.train --help`."""
