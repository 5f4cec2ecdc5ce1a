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
