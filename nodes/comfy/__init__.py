"""ComfyUI as the host of the nodes: the only files that import comfy."""
