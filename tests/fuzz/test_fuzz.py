"""Changed inputs of every kind give a clear error or a right result, in time, and nothing is left or read elsewhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fuzz.subjects import SUBJECTS
from source_tree import ROOT

pytestmark = pytest.mark.slow

CASES = 200


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_changed_input_does_harm(subject, tmp_path):
    program = [sys.executable, str(ROOT / "tests" / "fuzz" / "run.py"), "--subject", subject, "--cases", str(CASES)]
    done = subprocess.run([*program, "--keep", str(tmp_path)], capture_output=True, text=True, timeout=280)
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr[-2000:]
