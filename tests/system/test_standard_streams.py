"""Closed, full and broken standard streams."""

from __future__ import annotations

import subprocess
import sys

import pytest

from source_tree import ROOT

pytestmark = pytest.mark.posix

TALKS = """
import sys
from sora_core.system.standard_streams import flush_stdout, make_streams_usable
make_streams_usable()
print("a notice", file=sys.stderr)
print("\\u00e9\\ud800", file=sys.stderr)
print("/out/clip.mp4")
flush_stdout()
"""


def talk(redirection: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", f'"$0" -c "$1" {redirection}', sys.executable, TALKS]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_open_streams_get_what_is_said():
    done = talk("")
    assert (done.returncode, done.stdout) == (0, "/out/clip.mp4\n")
    assert done.stderr.startswith("a notice\n")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_messages_are_lost_where_stderr_is_closed_or_full_and_results_are_not(redirection):
    done = talk(redirection)
    assert (done.returncode, done.stdout) == (0, "/out/clip.mp4\n")


def test_a_closed_stdout_is_no_fault():
    done = talk(">&-")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
