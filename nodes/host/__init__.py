"""The protocol of the program that runs the nodes, and what all such programs share."""

from .protocol import Host, Preview, Previewer, Progress, Recording, current, install, is_installed, recording_of

__all__ = [
    "Host",
    "Preview",
    "Previewer",
    "Progress",
    "Recording",
    "current",
    "install",
    "is_installed",
    "recording_of",
]
