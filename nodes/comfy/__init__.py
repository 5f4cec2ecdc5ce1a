"""The nodes' host in ComfyUI; the only files that import comfy."""
