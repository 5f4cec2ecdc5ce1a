"""Signals that ask a program to end do so as Ctrl-C does, where nobody ignores them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from sora_core.system.ending import Ended, exit_code, signals_interrupt
from source_tree import ROOT

pytestmark = pytest.mark.posix


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_is_an_interrupt_with_its_own_exit_code_and_the_old_answer_comes_back(name):
    number = getattr(signal, name)
    with signals_interrupt(), pytest.raises(KeyboardInterrupt) as raised:
        os.kill(os.getpid(), number)
    assert exit_code(raised.value) == 128 + number
    assert signal.getsignal(number) == signal.SIG_DFL
    assert exit_code(KeyboardInterrupt()) == 130
    assert str(Ended(number)) == name


def test_a_signal_that_is_ignored_stays_ignored():
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_interrupt():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, old)


IMPORT = """
import os, signal
from sora_core.system.ending import signals_exit
signal.signal(signal.SIGINT, signal.default_int_handler)
with signals_exit("interrupted; nothing was written"):
    try:
        os.kill(os.getpid(), signal.{name})
    except BaseException:
        print("an import swallowed it")
print("went on")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_while_modules_load_a_signal_ends_the_program_with_one_line(name):
    code = IMPORT.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (128 + getattr(signal, name), "")
    assert done.stderr == "interrupted; nothing was written\n"
