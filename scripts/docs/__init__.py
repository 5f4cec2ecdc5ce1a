"""`make docs`: what is written about a node or a module once, written out wherever people read it."""
