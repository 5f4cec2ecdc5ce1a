"""Nodes that make frames and files of latents, and join videos."""
