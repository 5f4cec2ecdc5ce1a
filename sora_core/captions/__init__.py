"""Videos in words: the bundled captioner, and captions for all files of a folder."""
