"""The command of claims: a table, numbers and a picture, and one line for what is wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from sora_core.evals.__main__ import main
from sora_core.evals.claims import table
from sora_core.evals.claims.claim import Outcome, Request
from sora_core.evals.claims.subject import Subject
from sora_core.evals.tables import Row


class Short:
    """A claim that is measured at once."""

    def __init__(self, several: bool) -> None:
        self.several = several

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        row: Row = {
            "models": ",".join(one.name for one in subjects),
            "clips": request.count,
            "of": ",".join(request.domains),
        }
        return Outcome([row], Image.new("RGB", (4, 4)))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table.CLAIMS, "3d", lambda: Short(False))
    monkeypatch.setitem(table.CLAIMS, "compute", lambda: Short(True))


def test_a_claim_prints_a_table_and_writes_numbers_and_a_picture(
    taught_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--json", str(tmp_path / "n.json"), "--picture", str(tmp_path / "p.png")]
    model = str(taught_model_folder)
    assert main(["claims", "3d", "--model", model, "--count", "3", "--domains", "flat,game", *files]) == 0
    assert "| models | clips | of |" in capsys.readouterr().out
    name = taught_model_folder.name
    assert json.loads((tmp_path / "n.json").read_text()) == [{"models": name, "clips": 3, "of": "flat,game"}]
    with Image.open(tmp_path / "p.png") as picture:
        assert picture.format == "PNG"
    assert main(["claims", "3d", "--model", model, "--picture", str(tmp_path / "p.webp")]) == 0
    with Image.open(tmp_path / "p.webp") as picture:
        assert picture.format == "WEBP"
    assert main(["claims", "compute", "--models", model, model]) == 0
    assert f"| {name},{name} | 24 |" in capsys.readouterr().out
    assert main(["claims", "3d", "--vae", str(taught_model_folder / "vae.safetensors")]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["3d", "--count", "1"], "--count must be at least 2, got 1"),
        (["3d", "--picture", "a.jpg"], "--picture must end with .png or .webp, got a.jpg"),
        (["3d", "--models", "nano", "nano"], "the claim 3d needs --model or --vae with one"),
        (["compute"], "the claim compute needs --models with two or more"),
        (["3d", "--seed", "-1"], "seed must be"),
        (["3d", "--model", "not_there"], "there is no model 'not_there'"),
    ],
)
def test_a_wrong_command_is_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", *arguments]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line
