"""Timelines of clips and prompts: as data, as JSON and as text, with their frames and their faults."""
