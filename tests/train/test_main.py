"""The command line of training: what is wrong with it is one line, and makes no run."""

import os
from pathlib import Path

import pytest

from sora_core.train.__main__ import main


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--minutes", "0"], "minutes must be > 0"),
        (["--minutes", "nan"], "minutes must be > 0"),
        (["--seed", "-1"], "seed must be"),
        (["--resume"], "nothing to resume"),
        (["--vae", "missing.safetensors"], "missing.safetensors does not exist"),
        (["--out", os.devnull], f"{os.devnull} is not a directory"),
        (["--preset", "huge"], "got the preset 'huge', expected one of nano"),
        (["--domains", "clouds"], "got the domain 'clouds'"),
        (["--device", "no_such_device"], "expected one that this machine has"),
    ],
)
def test_a_wrong_command_is_one_line_and_makes_no_run(
    more: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["dit", "--out", "run", "--minutes", "1", "--vae", "vae.safetensors", *more]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert list(tmp_path.iterdir()) == []
