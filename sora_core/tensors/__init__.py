"""Tensors from safetensors and torch files, and their loading into modules."""
