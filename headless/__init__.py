"""Runs API-format workflow JSON where there is no ComfyUI, with the same node classes that ComfyUI loads."""
