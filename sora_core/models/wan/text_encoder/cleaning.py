"""Cleans prompts as Wan does, but without ftfy: resolves HTML entities, collapses white space.

Wan's authors and diffusers also repair broken Unicode with `ftfy`, which straightens quotes too. ComfyUI does not, and
a prompt must give the same tokens on every machine: so it is never used, whether it is installed or not.
"""

from __future__ import annotations

import html


def clean_prompt(text: str) -> str:
    """Clean a prompt.

    >>> clean_prompt("  Tom &amp;amp; Jerry\\n run ")
    'Tom & Jerry run'
    """
    return " ".join(html.unescape(html.unescape(text)).split())
