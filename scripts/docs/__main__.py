"""`python -m scripts.docs` updates every generated text, and prints the files that changed."""

from __future__ import annotations

import sys

from .declared import DocsError
from .products import ROOT, generated


def main(arguments: list[str]) -> int:
    """Generate all texts, then write those that changed; returns the exit code."""
    if arguments:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    try:
        texts = generated()
    except DocsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, text in texts.items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
