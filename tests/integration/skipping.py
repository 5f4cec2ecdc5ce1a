"""Skipping that nobody overlooks: each reason is said once more, in capitals, at the end of the run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

import pytest

LOUD = "INTEGRATION TESTS SKIPPED: "


def skip_loudly(reason: str) -> NoReturn:
    """Skip the test with a reason that `loud_reasons` finds in its report."""
    pytest.skip(LOUD + reason)


def loud_reasons(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Return each reason of skip_loudly once; reports come from other processes too."""
    found = (str(report.longrepr[2]).partition(LOUD) for report in reports if isinstance(report.longrepr, tuple))
    return list(dict.fromkeys(reason for _, loud, reason in found if loud))
