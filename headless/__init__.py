"""Runs API-format workflow JSON without ComfyUI, with the same node classes that ComfyUI loads."""
