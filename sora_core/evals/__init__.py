"""Evaluation of models against the world's exact truth: `python -m sora_core.evals --help`."""
