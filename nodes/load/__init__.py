"""Nodes that load models and sample clips."""
