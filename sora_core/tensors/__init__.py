"""Tensors in files: safetensors and torch files, state dicts, and a message for each way of being broken."""
