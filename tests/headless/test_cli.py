"""The command line: a graph becomes a file, and what ends early leaves nothing behind."""

from __future__ import annotations

import signal
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from av.video.stream import VideoStream

from sora_core.video.video_io import probe, read_frames


def frames_of(path: Path) -> torch.Tensor:
    return torch.stack(list(read_frames(path)))


def test_the_shipped_workflow_becomes_a_video(command, workflow, tmp_path, capsys):
    assert command(workflow, "--set", "3.text=a blue square") == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == tmp_path / "out" / "text_to_video_00001_.mp4"
    info = probe(path)
    assert (info.width, info.height, info.fps, info.frames) == (64, 64, 8, 17)


@pytest.mark.slow
def test_the_prompt_that_is_set_changes_the_video(command, workflow, capsys):
    command(workflow)
    command(workflow, "--set", "3.text=a blue square moves left")
    first, second = capsys.readouterr().out.split()
    assert not torch.equal(frames_of(Path(first)), frames_of(Path(second)))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_frames(command, workflow, capsys):
    command(workflow)
    command(workflow)
    first, second = capsys.readouterr().out.split()
    assert first != second
    assert torch.equal(frames_of(Path(first)), frames_of(Path(second)))


@pytest.mark.posix
@pytest.mark.slow
def test_control_c_ends_with_130_and_leaves_nothing_behind(process, workflow, tmp_path):
    workflow["5"]["inputs"]["steps"] = 1000
    before = set(Path(tempfile.gettempdir()).glob("sora_*"))
    running = process(workflow)
    assert running.stderr is not None
    for line in running.stderr:
        if "Encode Text" in line:
            break
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in error
    assert list((tmp_path / "out").rglob("*")) == []
    assert set(Path(tempfile.gettempdir()).glob("sora_*")) <= before


@pytest.mark.slow
def test_seconds_of_every_node_and_in_all_are_shown(command, workflow, capsys):
    command(workflow)
    lines = capsys.readouterr().err.splitlines()
    assert sum(line.endswith(" s") for line in lines) == len(workflow)
    assert lines[-1].strip().endswith("s in all")


def test_a_device_that_is_not_there_is_refused(command, workflow, capsys):
    with pytest.raises(SystemExit) as ended:
        command(workflow, "--device", "warp")
    assert ended.value.code == 2
    assert "got device 'warp', expected one that this machine has" in capsys.readouterr().err


def test_an_empty_prompt_is_pointed_out(command, workflow, capsys):
    assert command(workflow, "--set", "3.text=") == 0
    assert "Positive and negative are equal" in capsys.readouterr().err


@pytest.mark.posix
@pytest.mark.slow
def test_control_c_during_the_imports_is_one_line(process, workflow, tmp_path, monkeypatch):
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "torch.py").write_text(
        "import time\nprint('importing', flush=True)\n"
        "try:\n    time.sleep(60)\nexcept BaseException:\n    raise ImportError\n"  # as imports in C do
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "slow"))
    running = process(workflow)
    assert running.stdout is not None
    assert running.stdout.readline() == "importing\n"
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert running.returncode == 130
    assert error == "interrupted; nothing was left behind\n"
    assert not (tmp_path / "out").exists()


def test_no_room_for_temporary_files_is_one_line(refused, workflow, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    assert "cannot make a temporary folder: [Errno 28] No space left" in refused(workflow)


def test_what_the_model_has_not_learnt_is_told_once_each(command, workflow, taught_model_folder, tmp_path, capsys):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "taught").symlink_to(taught_model_folder, target_is_directory=True)
    settings = ("1.model=taught", "3.text=a red dragon", "4.seconds=4")
    chosen = [word for setting in settings for word in ("--set", setting)]
    assert command(workflow, "--models", str(tmp_path / "more"), *chosen) == 0
    told = capsys.readouterr().err
    for text in ("Not learnt: dragon", "64x64 is far from 32x32", "33 frames at once, trained on 17"):
        assert told.count(text) == 1


def write_long_film(path: Path, frames: int) -> None:
    """One picture again and again, in a format that is encoded anew when it is saved."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=30)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuvj420p"
        picture = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
        (data,) = [bytes(packet) for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24"))]
        for index in range(frames):
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 30), True
            packet.pts = packet.dts = index
            container.mux(packet)


@pytest.mark.posix
@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_while_the_video_is_written_leaves_nothing_behind(process, tmp_path, name, code):
    (tmp_path / "in").mkdir()
    write_long_film(tmp_path / "in" / "film.mkv", 5000)
    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "film.mkv"}},
        "2": {"class_type": "SaveVideo", "inputs": {"video": ["1", 0], "filename_prefix": "a/b", "format": "auto"}},
    }
    before, out = set(Path(tempfile.gettempdir()).glob("sora_*")), tmp_path / "out"
    running = process(graph, "--input", str(tmp_path / "in"))
    until = time.monotonic() + 120
    while not any(file.is_file() and file.stat().st_size for file in out.rglob("*")):  # the encoder has begun
        assert running.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    running.send_signal(getattr(signal, name))
    _, error = running.communicate(timeout=60)
    assert running.returncode == code
    assert "Traceback" not in error
    assert error.splitlines()[-1] == "interrupted; nothing was left behind"
    assert not [file for file in out.rglob("*") if file.is_file()]
    assert set(Path(tempfile.gettempdir()).glob("sora_*")) <= before
