"""Commands: what they share, and `generate`."""
