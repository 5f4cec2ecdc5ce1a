"""Sora Sampler, and the nodes that set its options on a MODEL."""
