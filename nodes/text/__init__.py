"""Nodes for prompts."""
