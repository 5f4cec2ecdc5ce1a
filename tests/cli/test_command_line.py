"""What commands share: exit codes, and one line for whatever a user can mend."""

from __future__ import annotations

import errno

import pytest

from sora_core.cli.command_line import Parser, describe, run_command


def run(error: BaseException | None) -> int:
    def work() -> None:
        if error is not None:
            raise error

    return run_command(work, interrupted=lambda: "interrupted; nothing was written", needs_less="make it smaller")


@pytest.mark.parametrize(
    ("error", "code", "printed"),
    [
        (None, 0, ""),
        (ValueError("steps must be 1 or more,\n  got 0"), 2, "error: steps must be 1 or more, got 0\n"),
        (FloatingPointError("not finite"), 2, "error: not finite\n"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.mp4"), 2, "error: a.mp4: No such file\n"),
        (MemoryError(), 2, "error: out of memory; make it smaller\n"),
        (RuntimeError("CUDA out of memory. Tried 3 GiB"), 2, "error: out of memory; make it smaller\n"),
        (KeyboardInterrupt(), 130, "interrupted; nothing was written\n"),
    ],
    ids=repr,
)
def test_an_error_is_one_line_and_a_code(capsys, error, code, printed):
    assert run(error) == code
    assert capsys.readouterr().err == printed


def test_a_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        run(RuntimeError("shapes do not fit"))


def test_the_systems_own_words_are_told_without_a_file_too():
    assert describe(OSError(errno.ENOSPC, "No space left on device"), "") == "No space left on device"


def test_a_wrong_argument_is_one_line_that_points_to_the_help(capsys):
    parser = Parser(prog="tool")
    parser.add_argument("--steps", type=int)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--steps", "x"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: argument --steps: invalid int value: 'x' (see tool --help)\n"
