"""`make docs` generates texts from the schemas of nodes and the docstrings of modules."""
