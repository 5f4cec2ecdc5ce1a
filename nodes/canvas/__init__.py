"""Nodes that make a canvas: an empty one, or one for an ability such as extend or inpaint."""
