"""Sora Sampler, and the nodes whose options travel to it with the MODEL."""
