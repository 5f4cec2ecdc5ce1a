"""GraphError: an error that the user can fix, printed as an `error:` line with exit code 2."""

from __future__ import annotations

from collections.abc import Sequence

from ..sora_core.tensors.foreign_text import first_lines


class GraphError(ValueError):
    """A graph, a setting or an input cannot run.

    problems: the problems found, one sentence each, so that one run shows what to fix; of very many the first ones.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = tuple(first_lines([problems] if isinstance(problems, str) else problems))
        super().__init__("\n".join(self.problems))
