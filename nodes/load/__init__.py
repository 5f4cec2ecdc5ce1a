"""Nodes that load: models, two experts as one, sample clips."""
