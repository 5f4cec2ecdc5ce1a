"""Cleans prompts as Wan does: repairs Unicode, resolves HTML entities, collapses white space.

Repairing needs `ftfy` and is skipped if that is not installed, as in diffusers. Plain text does not need it.
"""

from __future__ import annotations

import html
from importlib import import_module
from importlib.util import find_spec


def clean_prompt(text: str) -> str:
    """Clean a prompt.

    >>> clean_prompt("  Tom &amp;amp; Jerry\\n run ")
    'Tom & Jerry run'
    """
    if find_spec("ftfy") is not None:
        text = import_module("ftfy").fix_text(text)
    return " ".join(html.unescape(html.unescape(text)).split())
