"""Notices of these nodes are texts of files, servers and language models too, which have no translation."""

from __future__ import annotations

import pytest


@pytest.fixture
def translated_notices() -> bool:
    """See the same fixture for all nodes."""
    return False
