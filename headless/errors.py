"""The one exception that means "the user can fix this": it becomes an `error:` line and exit code 2."""

from __future__ import annotations

from collections.abc import Sequence


class GraphError(ValueError):
    """A graph, a setting or an input that cannot run.

    problems: one full sentence each; all that were found, so that one run shows everything that has to be mended.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))
