"""Skipping that nobody overlooks: each reason is said once more, in capitals, at the end of the run."""

from __future__ import annotations

from typing import NoReturn

import pytest

reasons: list[str] = []


def skip_loudly(reason: str) -> NoReturn:
    """Skip the test, and remember why."""
    reasons.append(reason)
    pytest.skip(reason)
