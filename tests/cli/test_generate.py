"""The command line: what it writes and prints, and that an error is one line and leaves nothing."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from sora_core.cli.generate import main
from sora_core.diffusion.options import SamplingOptions
from sora_core.pipeline import Pipeline
from sora_core.video.video_io import probe, read_frames
from tiny import PROMPT

ROOT = Path(__file__).parents[2]


def arguments(folder: Path, out: Path, *more: str) -> list[str]:
    small = ["--width", "32", "--height", "16", "--seconds", "1", "--steps", "2"]
    return ["generate", PROMPT, "-o", str(out), "--model", str(folder), *small, *more]


def test_a_prompt_becomes_a_file_and_the_stages_are_timed(tiny_model_folder, tmp_path, capsys):
    out = tmp_path / "out.mp4"
    assert main(arguments(tiny_model_folder, out, "--seed", "7")) == 0
    assert probe(out) == (16, 32, 8.0, 9)
    printed = capsys.readouterr().out
    assert f"{out}: 9 frames of 32x16 at 8 fps, seed 7" in printed
    for stage in ("load", "encode text", "sample", "decode and write"):
        assert f"{stage} " in printed
    assert os.listdir(tmp_path) == ["out.mp4"]


def test_every_wish_for_sampling_reaches_the_sampler(tiny_model_folder, tmp_path, monkeypatch):
    seen = []
    usual = Pipeline.sample_latents

    def noted(pipe, *given, sampling, **options):
        seen.append(sampling)
        return usual(pipe, *given, sampling=sampling, **options)

    monkeypatch.setattr(Pipeline, "sample_latents", noted)
    wishes = ["--guidance", "3", "--negative", "a blue square", "--step-cache", "0.2"]
    assert main(arguments(tiny_model_folder, tmp_path / "out.mp4", *wishes)) == 0
    assert seen == [SamplingOptions(steps=2, guidance=3.0, negative="a blue square", step_cache=0.2)]


@pytest.mark.slow
def test_what_not_to_show_changes_the_video(tiny_model_folder, tmp_path):
    made = [tmp_path / f"{number}.mp4" for number in range(3)]
    for out, more in zip(made, ([], ["--negative", ""], ["--negative", PROMPT]), strict=True):
        assert main(arguments(tiny_model_folder, out, *more)) == 0
    plain, empty, steered = (torch.stack(list(read_frames(out))) for out in made)
    assert torch.equal(plain, empty)
    assert not torch.equal(plain, steered)


def test_a_long_video_is_made_window_by_window(tiny_model_folder, tmp_path, capsys):
    out = tmp_path / "out.mp4"
    assert main(arguments(tiny_model_folder, out, "--seconds", "8", "--windows")) == 0
    assert probe(out) == (16, 32, 8.0, 65)
    assert "sample, decode and write " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--seconds", "0"], "seconds must be"),
        (["--seconds", "nan"], "seconds must be"),
        (["--seconds", "1e308"], "seconds"),
        (["--seconds", "1e300"], "are too many"),
        (["--width", "1" + 18 * "0"], "are too many"),
        (["--height", "1" + 400 * "0"], "are too many"),
        (["--width", "7", "--height", "9"], "at least 16x16 pixels, got 7x9"),
        (["--seed", "-1"], "seed must be"),
        (["--steps", "0"], "steps must be"),
        (["--steps", "1" + 20 * "0"], "steps must be"),
        (["--guidance", "-2"], "guidance must be"),
        (["--negative", "a \udcff circle"], "the prompt is not Unicode"),
        (["--step-cache", "1"], "tolerance of step caching must be"),
        (["--fps", "0"], "fps must be"),
        (["--model", "no_such_model"], "there is no model 'no_such_model'"),
        (["--device", "no_such_device"], "device 'no_such_device', expected one that this machine has"),
        (["-o", "out.gif"], ".mp4"),
        (["-o", "no_such_folder/out.mp4"], "no_such_folder does not exist"),
    ],
)
def test_an_error_of_the_user_is_one_line(tiny_model_folder, tmp_path, capsys, monkeypatch, more, message):
    monkeypatch.chdir(tmp_path)
    assert main(arguments(tiny_model_folder, tmp_path / "out.mp4", *more)) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.strip().splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert captured.out == ""
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("prompt", "message"),
    [("", "the prompt is empty"), (" \n\t", "the prompt is empty"), ("a \udcff circle", "the prompt is not Unicode")],
)
def test_a_prompt_that_says_nothing_is_one_line(prompt, message, tmp_path, capsys):
    assert main(["generate", prompt, "-o", str(tmp_path / "out.mp4")]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"error: {message}")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "required"),
        (["generate", "a red circle"], "-o"),
        (["generate", "a red circle", "-o", "out.mp4", "--seed", "seven"], "--seed"),
        (["generate", "a red circle", "-o", "out.mp4", "--colour", "red"], "--colour"),
    ],
)
def test_wrong_arguments_are_one_line(argv, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(argv)
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert message in line


@pytest.mark.parametrize(
    "content", [b"", b"just some text", bytes(100)], ids=["empty", "text called .safetensors", "zeros"]
)
def test_a_broken_checkpoint_is_one_line(tmp_path, capsys, content):
    (tmp_path / "dit.safetensors").write_bytes(content)
    assert main(arguments(tmp_path, tmp_path / "out.mp4")) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert "dit.safetensors" in line
    assert os.listdir(tmp_path) == ["dit.safetensors"]


def test_out_of_memory_says_what_to_do(tiny_model_folder, tmp_path, capsys, monkeypatch):
    def exhausted(*args, **options):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr("sora_core.pipeline.Pipeline.sample_latents", exhausted)
    assert main(arguments(tiny_model_folder, tmp_path / "out.mp4")) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("error: out of memory; use a smaller")


def test_a_fault_of_ours_keeps_its_traceback(tiny_model_folder, tmp_path, monkeypatch):
    def faulty(*args, **options):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr("sora_core.pipeline.Pipeline.sample_latents", faulty)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        main(arguments(tiny_model_folder, tmp_path / "out.mp4"))


@pytest.mark.slow
@pytest.mark.posix
def test_ctrl_c_while_sampling_exits_130_and_leaves_nothing(tiny_model_folder, tmp_path):
    command = [sys.executable, "-m", "sora_core", *arguments(tiny_model_folder, tmp_path / "out.mp4")]
    command += ["--steps", "1000000"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        seen = b""
        deadline = time.monotonic() + 120
        while b"sample:" not in seen and process.poll() is None and time.monotonic() < deadline:
            seen += process.stderr.read1()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted; nothing was written" in err
    assert b"Traceback" not in seen + err
    assert out == b""
    assert os.listdir(tmp_path) == []


def test_shapes_can_be_imported_without_the_heavy_libraries():
    code = (
        "import sys, sora_core.canvas.shapes; print([m for m in ('av', 'torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("more", [[], ["--windows"]])
def test_what_the_model_has_not_learnt_is_a_warning_and_no_error(taught_model_folder, tmp_path, caplog, more):
    out, far = tmp_path / "out.mp4", ["--width", "64", "--height", "64", "--seconds", "3.5", "--negative", "blurry"]
    few = ["--model", str(taught_model_folder), "--steps", "1"]
    with caplog.at_level(logging.WARNING):
        assert main(["generate", "a dragon", "-o", str(out), *few, *far, *more]) == 0
    assert out.is_file()
    told = ["Not learnt: dragon", "Not learnt: blurry", "64x64 is far from", "29 frames at once, trained on"]
    wanted = told[:3] if more else told  # a window is no longer than training
    assert len(caplog.messages) == len(wanted)
    for text, message in zip(wanted, caplog.messages, strict=True):
        assert text in message
