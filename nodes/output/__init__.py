"""Nodes that decode latents to images or video files, and join videos."""
