"""The latent canvas, one recipe per ability, and all conversion between pixel and latent sizes."""
