"""GraphError: an error that the user can fix, printed as an `error:` line with exit code 2."""

from __future__ import annotations

from collections.abc import Sequence


class GraphError(ValueError):
    """A graph, a setting or an input cannot run.

    problems: all problems found, one sentence each, so that one run shows everything to fix.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


def printable(text: str) -> str:
    """Return a text as one line for a terminal: what would move the cursor or change its colours is spelt out."""
    return "".join(
        letter if letter.isprintable() else " " if letter in "\n\r\t" else letter.encode("unicode_escape").decode()
        for letter in text
    )
