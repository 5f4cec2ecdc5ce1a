"""The command line of training: what is wrong with it is one line, and makes no run."""

import os
from pathlib import Path

import pytest

from sora_core.checkpoint import load_text_encoder
from sora_core.pipeline import find_dit
from sora_core.train.__main__ import build_parser, main, make_task
from sora_core.train.captioner_task import CaptionerTask
from sora_core.train.run import Run
from sora_core.world import Style
from tiny_training import CPU


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
        (["--captions", "long"], "got the captions 'long', expected one of all"),
        (["--keep-at", "10,x"], "got 'x' among the steps, expected whole numbers > 0"),
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


def test_options_reach_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Run] = []
    monkeypatch.setattr("sora_core.train.text_task.TextTask", runs.append)
    options = ["--preset", "nano-128", "--square-crops", "--captions", "detailed", "--domains", "flat=2,solids=1"]
    make_task(build_parser().parse_args(["text", "--out", str(tmp_path), "--minutes", "1", *options]), CPU)
    (run,) = runs
    assert {(video.height, video.width) for video, _ in run.config.preset.clips} == {(128, 128)}
    assert {(video.height, video.width) for video, _ in run.config.cut_from} == {(128, 128), (96, 160), (160, 96)}
    assert run.sources.made_from.startswith("flat=2,solids=1, solids with transitions, cut from 128x128=4,160x96=2,")
    assert run.config.captions.styles == (Style.RICH,)


def test_a_captioner_writes_with_the_tokenizer_of_the_text_encoder(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "captioner",
        "--out",
        str(tmp_path),
        "--minutes",
        "1",
        "--vae",
        str(tiny_model_folder / "vae.safetensors"),
    ]
    with pytest.raises(SystemExit):
        build_parser().parse_args(command)
    assert "--text-encoder" in capsys.readouterr().err
    words = tiny_model_folder / "text_encoder.safetensors"
    task = make_task(build_parser().parse_args([*command, "--text-encoder", str(words)]), CPU)
    assert isinstance(task, CaptionerTask)
    assert task.model.captioner.tokenizer.to_json() == load_text_encoder(words).tokenizer.to_json()
    assert task.model.captioner.config.latent_channels == 4
    command += ["--text-encoder", str(words), "--start-from", str(find_dit("nano").with_name("captioner.safetensors"))]
    with pytest.raises(ValueError, match="has other sizes than the preset"):
        make_task(build_parser().parse_args(command), CPU)
    assert task.run.config.captions.styles == (Style.RICH,)


def test_only_a_trained_text_encoder_is_kept(tiny_model_folder: Path, tmp_path: Path) -> None:
    vae = str(tiny_model_folder / "vae.safetensors")
    command = ["dit", "--keep-text", "--out", str(tmp_path), "--minutes", "1", "--vae", vae]
    with pytest.raises(ValueError, match="--keep-text needs a trained text encoder"):
        make_task(build_parser().parse_args(command), CPU)
