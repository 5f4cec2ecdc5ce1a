"""`python -m benchmarks`: help and wrong arguments run nothing; otherwise each program runs, and failures count."""

import subprocess
from types import SimpleNamespace

import pytest

from benchmarks.__main__ import BENCHMARKS, main


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Modules that would have run; the first of them fails."""
    modules: list[str] = []

    def run(command: list[str], **options: object) -> SimpleNamespace:
        modules.append(command[2])
        return SimpleNamespace(returncode=int(len(modules) == 1))

    monkeypatch.setattr(subprocess, "run", run)
    return modules


@pytest.mark.parametrize(("argument", "code"), [("--help", 0), ("--no-such-flag", 2), ("vae_decode", 2)])
def test_help_and_wrong_arguments_run_nothing(ran, capsys, argument, code):
    with pytest.raises(SystemExit) as stopped:
        main([argument])
    assert stopped.value.code == code
    printed = capsys.readouterr()
    assert "usage: python -m benchmarks" in printed.out + printed.err
    assert ran == []


def test_every_benchmark_runs_and_the_failed_ones_are_counted(ran):
    assert main([]) == 1
    assert ran == [f"benchmarks.{name}" for name, *_ in BENCHMARKS]
