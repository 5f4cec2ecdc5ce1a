"""Execution: order, caching, results, and what is left when it ends early."""

from __future__ import annotations

import copy
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from headless.pack import import_from_pack
from sora_core.checkpoint import Kind, load_dit, save_checkpoint
from sora_core.video.video_io import probe, read_frames


@pytest.fixture
def runner(models, tmp_path):
    """Executes graphs in this process with one cache: run(graph) -> (report, titles of the nodes that ran)."""
    host, graphs = import_from_pack("headless.host"), import_from_pack("headless.graph")
    folders, terminal = import_from_pack("headless.folders"), import_from_pack("headless.terminal").Terminal()
    temp = tmp_path / "temp"
    temp.mkdir()
    folders.Folders.install(folders.Folders(tmp_path, tmp_path / "out"))
    import_from_pack("nodes.host").install(
        host.HeadlessHost(model_roots=[models], temp=temp, device="cpu", terminal=terminal)
    )
    registry = import_from_pack("headless.registry").all_nodes()
    executor = import_from_pack("headless.executor").Executor(registry, tmp_path / "out")
    validate = import_from_pack("headless.validation").validate

    def run(graph):
        report = executor.run(validate(graphs.parse_graph(graph), registry), terminal)
        return report, [title for title, _ in report.seconds]

    return run


def frames_of(path: Path) -> torch.Tensor:
    return torch.stack(list(read_frames(path)))


def test_the_shipped_workflow_becomes_a_video(command, workflow, tmp_path, capsys):
    assert command(workflow, "--set", "3.text=a blue square") == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == tmp_path / "out" / "text_to_video_00001_.mp4"
    info = probe(path)
    assert (info.width, info.height, info.fps, info.frames) == (64, 64, 8, 17)


def test_the_prompt_that_is_set_changes_the_video(command, workflow, capsys):
    command(workflow)
    command(workflow, "--set", "3.text=a blue square moves left")
    first, second = capsys.readouterr().out.split()
    assert not torch.equal(frames_of(Path(first)), frames_of(Path(second)))


def test_the_same_seed_gives_the_same_frames(command, workflow, capsys):
    command(workflow)
    command(workflow)
    first, second = capsys.readouterr().out.split()
    assert first != second
    assert torch.equal(frames_of(Path(first)), frames_of(Path(second)))


def test_each_node_runs_once_and_equal_nodes_share_a_run(runner, workflow):
    workflow["20"] = copy.deepcopy(workflow["3"])
    workflow["5"]["inputs"]["negative"] = ["20", 0]
    _, ran = runner(workflow)
    assert len([title for title in ran if "Encode Text" in title]) == 1
    assert len([title for title in ran if "Load Model" in title]) == 1


def test_a_second_run_repeats_only_what_changed_and_the_output_nodes(runner, workflow):
    runner(workflow)
    workflow["6"]["inputs"]["fps"] = 4.0
    _, ran = runner(workflow)
    assert ran == ["6 Sora Decode to Video", "7 Save Video"]


def test_nodes_that_no_output_needs_do_not_run(runner, workflow):
    workflow["30"] = {"class_type": "SoraEncodeText", "inputs": {"clip": ["1", 1], "text": "unused"}}
    _, ran = runner(workflow)
    assert not any(title.startswith("30 ") for title in ran)


def test_core_nodes_load_and_save_images_and_videos(runner, workflow, tmp_path):
    report, _ = runner(workflow)
    video = report.files[0]
    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": str(video)}},
        "2": {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "frames/frame"}},
        "4": {"class_type": "CreateVideo", "inputs": {"images": ["2", 0], "fps": ["2", 2]}},
        "5": {"class_type": "SaveVideo", "inputs": {"video": ["4", 0], "filename_prefix": "again", "format": "mp4"}},
        "6": {"class_type": "LoadImage", "inputs": {"image": "out/frames/frame_00001_.png"}},
        "7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "copy"}},
    }
    (tmp_path / "out" / "frames").mkdir(parents=True)
    first = {key: graph[key] for key in "12345"}
    report, _ = runner(first)
    assert len(report.files) == 18
    assert (frames_of(report.files[-1]).int() - frames_of(video).int()).abs().float().mean() < 10  # noise at crf 18
    report, _ = runner({key: graph[key] for key in "67"})
    assert report.files[0].read_bytes() == (tmp_path / "out" / "frames" / "frame_00001_.png").read_bytes()


def test_what_a_node_refuses_names_the_node(command, workflow, capsys, tmp_path):
    workflow["4"]["inputs"].pop("vae")  # 16 channels; the tiny model has 4
    assert command(workflow) == 2
    error = capsys.readouterr().err
    assert "error: node 5 (SoraSampler): got latents of 16 channels, this model takes 4" in error
    assert list((tmp_path / "out").iterdir()) == []


def test_a_broken_checkpoint_is_one_line(command, workflow, models, tiny_model_folder, tmp_path, capsys):
    broken = tmp_path / "roots" / "broken"
    broken.mkdir(parents=True)
    for name in ("vae", "text_encoder"):
        (broken / f"{name}.safetensors").symlink_to(tiny_model_folder / f"{name}.safetensors")
    (broken / "dit.safetensors").write_text("this is a text file")
    assert command(workflow, "--models", str(tmp_path / "roots"), "--set", "1.model=broken") == 2
    error = capsys.readouterr().err
    assert "error: node 1 (SoraLoadModel): " in error
    assert "dit.safetensors" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("length", [8, 40])
def test_a_broken_file_to_load_is_one_line_and_is_not_copied(command, tmp_path, capsys, length):
    for name in ("bad.png", "bad.mp4"):
        (tmp_path / name).write_bytes(b"\x00\x00\x00 ftypisom" * length)
    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "bad.mp4"}},
        "2": {"class_type": "SaveVideo", "inputs": {"video": ["1", 0], "filename_prefix": "x", "format": "auto"}},
    }
    assert command(graph, "--input", str(tmp_path)) == 2
    assert "bad.mp4 is not a video that can be read" in capsys.readouterr().err
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "bad.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    assert command(graph, "--input", str(tmp_path)) == 2
    assert "error: node 1 (LoadImage): cannot identify image file" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_a_picture_too_large_to_be_meant_is_one_line(command, tmp_path, capsys, monkeypatch):
    Image.new("1", (64, 64)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "bomb.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    assert command(graph, "--input", str(tmp_path)) == 2
    assert "error: node 1 (LoadImage): bomb.png is too large" in capsys.readouterr().err


def test_a_model_that_lacks_a_file_is_named_with_the_file(command, workflow, tiny_model_folder, tmp_path, capsys):
    shutil.copytree(tiny_model_folder, tmp_path / "roots" / "half")
    (tmp_path / "roots" / "half" / "vae.safetensors").unlink()
    assert command(workflow, "--models", str(tmp_path / "roots"), "--set", "1.model=half") == 2
    error = capsys.readouterr().err
    assert "error: node 1 (SoraLoadModel): " in error
    assert "vae.safetensors does not exist" in error


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


def test_seconds_of_every_node_and_in_all_are_shown(command, workflow, capsys):
    command(workflow)
    lines = capsys.readouterr().err.splitlines()
    assert sum(line.endswith(" s") for line in lines) == len(workflow)
    assert lines[-1].strip().endswith("s in all")


def test_a_device_that_is_not_there_is_refused(command, workflow, capsys):
    with pytest.raises(SystemExit) as ended:
        command(workflow, "--device", "warp")
    assert ended.value.code == 2
    assert "got device 'warp', expected one that can be used here" in capsys.readouterr().err


def test_an_empty_prompt_is_pointed_out(command, workflow, capsys):
    assert command(workflow, "--set", "3.text=") == 0
    assert "Positive and negative prompt are the same" in capsys.readouterr().err


def test_values_that_are_not_finite_are_refused_and_no_file_is_written(
    command, workflow, tiny_model_folder, tmp_path, capsys
):
    broken = tmp_path / "roots" / "broken"
    shutil.copytree(tiny_model_folder, broken)
    dit = load_dit(broken / "dit.safetensors")
    dit.head.head.bias.data.fill_(float("nan"))
    save_checkpoint(broken / "dit.safetensors", dit, kind=Kind.DIT, config=dit.config)
    assert command(workflow, "--models", str(tmp_path / "roots"), "--set", "1.model=broken") == 2
    assert "error: node 5 (SoraSampler): the model gave values that are not finite" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


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


def test_the_folders_of_models_are_looked_through_once(models, tmp_path, monkeypatch):
    root = tmp_path / "roots"
    root.mkdir()
    (root / "good").symlink_to(models / "tiny", target_is_directory=True)
    (root / "empty").mkdir()
    (root / "a file").touch()
    terminal = import_from_pack("headless.terminal").Terminal()
    host = import_from_pack("headless.host").HeadlessHost(
        model_roots=[root, models], temp=tmp_path, device="cpu", terminal=terminal
    )
    monkeypatch.setattr(Path, "iterdir", lambda self: pytest.fail("looked again"))
    assert host.model_names() == ["nano (bundled)", "good", "tiny"]
