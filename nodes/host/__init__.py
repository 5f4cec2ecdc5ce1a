"""The program that runs the nodes, as one protocol, and what is the same in all of them."""

from .protocol import Host, Preview, Progress, Recording, current, install, is_installed

__all__ = ["Host", "Preview", "Progress", "Recording", "current", "install", "is_installed"]
