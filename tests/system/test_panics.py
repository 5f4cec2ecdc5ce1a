"""A panic writes nothing to the standard error; everything else that is written meanwhile arrives."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sora_core.system.panics import quiet_panics

PanicException = type("PanicException", (BaseException,), {})


def write(text: str) -> None:
    os.write(2, text.encode())


def test_what_a_panic_writes_is_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    @quiet_panics()
    def panic() -> None:
        write("thread panicked")
        raise PanicException

    with pytest.raises(PanicException):
        panic()
    write("after")
    assert capfd.readouterr().err == "after"


@pytest.mark.parametrize("error", [None, ValueError])
def test_what_is_written_without_a_panic_arrives(
    capfd: pytest.CaptureFixture[str], error: type[Exception] | None
) -> None:
    def work() -> None:
        with quiet_panics(), quiet_panics():
            write("a warning")
            if error:
                raise error

    if error:
        with pytest.raises(error):
            work()
    else:
        work()
    assert capfd.readouterr().err == "a warning"


def test_a_closed_standard_error_is_no_error() -> None:
    program = "from sora_core.system.panics import quiet_panics\nwith quiet_panics(): print('done')"
    done = subprocess.run(
        [sys.executable, "-c", f"import os; os.close(2)\n{program}"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"done\n")
