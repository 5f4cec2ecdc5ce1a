"""A command as a program: how it ends when a signal comes or nobody takes what it prints."""

from __future__ import annotations

import subprocess
import sys

import pytest

from source_tree import ROOT

pytestmark = pytest.mark.posix

PROGRAM = """
import os, signal, sys, time
from sora_core.cli.program import run_program
def main():
    {body}
    return 0
sys.exit(run_program(main))
"""


def run(body: str, redirection: str = "") -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", f'"$0" -c "$1" {redirection}', sys.executable, PROGRAM.format(body=body)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_is_one_line_and_its_exit_code(name, code):
    done = run(f"os.kill(os.getpid(), signal.{name})")
    assert (done.returncode, done.stderr) == (code, "interrupted\n")


@pytest.mark.parametrize("redirection", [">/dev/full", "| true; exit ${PIPESTATUS[0]}"])
def test_a_result_that_nobody_takes_is_one_line(redirection):
    done = run("time.sleep(0.3); print('/out/clip.mp4')", redirection)
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write to the standard output: ")
    assert done.stderr.count("\n") == 1


def test_the_code_of_a_command_is_the_programs():
    assert run("return 3").returncode == 3
