"""The latent canvas, one recipe per ability, and all arithmetic between pixels and latents."""
