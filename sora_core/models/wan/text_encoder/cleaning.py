"""A prompt as Wan cleans it before it is read: broken Unicode mended, HTML entities resolved, white space made one.

The first of these needs `ftfy`, and is left out where that is not installed, as in diffusers: plain text is the same.
"""

from __future__ import annotations

import html
from importlib import import_module
from importlib.util import find_spec


def clean_prompt(text: str) -> str:
    """
    >>> clean_prompt("  Tom &amp;amp; Jerry\\n run ")
    'Tom & Jerry run'
    """
    if find_spec("ftfy") is not None:
        text = import_module("ftfy").fix_text(text)
    return " ".join(html.unescape(html.unescape(text)).split())
