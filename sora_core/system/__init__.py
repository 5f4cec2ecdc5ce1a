"""Atomic files, out-of-memory errors and devices."""
