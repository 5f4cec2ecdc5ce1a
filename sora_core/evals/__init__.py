"""Measurements of models against the world's exact truth: `python -m sora_core.evals MEASURE`, see its --help."""
