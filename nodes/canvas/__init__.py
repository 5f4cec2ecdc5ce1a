"""Nodes that lay out a canvas: the empty grid, and one node for each ability."""
