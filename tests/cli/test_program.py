"""A command as a program: how it ends when a signal comes or nobody takes what it prints."""

from __future__ import annotations

import os
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


def limited(megabytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", f'ulimit -v {megabytes * 1024}; exec "$0" "$@"', sys.executable, "-m", *arguments]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=one_thread)


@pytest.mark.parametrize("program", ["sora_core", "headless"])
def test_a_limit_that_does_not_let_torch_load_is_told_before_it_ends_the_process(program):
    done = limited(400, program, "generate", "a red circle")
    assert done.returncode == 2
    assert done.stderr.startswith("error: got a memory limit of 400 MB (ulimit -v), expected at least 768 MB")
    assert done.stderr.count("\n") == 1


def test_a_limit_at_which_a_video_does_not_fit_is_one_line_and_leaves_no_file(tmp_path):
    target = tmp_path / "a.mp4"
    size = ("--width", "1024", "--height", "1024", "--seconds", "9", "--steps", "1")
    done = limited(1500, "sora_core", "generate", "a red circle", "-o", str(target), *size)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("error: out of memory; use a smaller --width, --height or --seconds")
    assert list(tmp_path.iterdir()) == []


def test_a_module_that_no_longer_fits_is_one_line():
    done = run("raise ImportError('libavformat.so: failed to map segment from shared object')")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: out of memory while the program was loaded")


def test_a_module_that_is_missing_keeps_its_traceback():
    assert "Traceback" in run("import no_such_module").stderr
