"""The program `python -m headless`: an interrupt ends it in one line, from its first import on."""

from __future__ import annotations

import pytest

from headless import __main__ as command


def test_an_interrupt_of_the_first_imports_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "import_from_pack", interrupted)
    assert command.program() == 130
    assert capsys.readouterr().err == "interrupted; nothing was left behind\n"
