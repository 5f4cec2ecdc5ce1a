"""A prompt as Wan cleans it before it is read, without ftfy: HTML entities resolved, white space made one.

Wan's authors and diffusers also mend broken Unicode with `ftfy`, which also straightens quotes. ComfyUI does not, and a
prompt must give the same tokens on every machine: so it is never used, whether it is installed or not.
"""

from __future__ import annotations

import html


def clean_prompt(text: str) -> str:
    """
    >>> clean_prompt("  Tom &amp;amp; Jerry\\n run ")
    'Tom & Jerry run'
    """
    return " ".join(html.unescape(html.unescape(text)).split())
