"""Execution: each node once, what is known from before not again, and a node that refuses is named."""

from __future__ import annotations

import copy
import shutil
from typing import Any

import pytest

from headless.pack import import_from_pack
from sora_core.checkpoint import Kind, load_dit, save_checkpoint


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


def test_a_model_that_lacks_a_file_is_named_with_the_file(command, workflow, tiny_model_folder, tmp_path, capsys):
    shutil.copytree(tiny_model_folder, tmp_path / "roots" / "half")
    (tmp_path / "roots" / "half" / "vae.safetensors").unlink()
    assert command(workflow, "--models", str(tmp_path / "roots"), "--set", "1.model=half") == 2
    error = capsys.readouterr().err
    assert "error: node 1 (SoraLoadModel): " in error
    assert "vae.safetensors does not exist" in error


def test_values_that_are_not_finite_are_refused_and_no_file_is_written(
    command, workflow, tiny_model_folder, tmp_path, capsys
):
    broken = tmp_path / "roots" / "broken"
    shutil.copytree(tiny_model_folder, broken)
    dit = load_dit(broken / "dit.safetensors")
    dit.head.head.bias.data.fill_(float("nan"))
    save_checkpoint(broken / "dit.safetensors", dit, kind=Kind.DIT, config=dit.config)
    assert command(workflow, "--models", str(tmp_path / "roots"), "--set", "1.model=broken") == 2
    assert "has values that are not finite (NaN or infinite, as torch.float32)" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_connected_to_a_node_that_asks_for_it_decides_whether_it_runs_again(runner):
    """Sora Join Videos may leave its images out; a later graph that shows them must not get what was left out."""
    graph = {
        "1": {"class_type": "SoraSampleClip", "inputs": {"clip": "circle_right"}},
        "2": {"class_type": "SoraJoinVideos", "inputs": {"first": ["1", 0], "second": ["1", 0], "overlap": 0}},
        "3": {"class_type": "SaveVideo", "inputs": {"video": ["2", 0], "filename_prefix": "a", "format": "auto"}},
    }
    join = "2 Sora Join Videos"
    assert join in runner(graph)[1]
    assert join not in runner(graph)[1]
    graph["4"] = {"class_type": "SaveImage", "inputs": {"images": ["2", 1], "filename_prefix": "b"}}
    assert join in runner(graph)[1]


def batch(**decoder: float) -> dict[str, Any]:
    """Two videos from noise, of the bundled model, each saved."""
    grid = {"aspect_ratio": "1:1", "size": 32, "seconds": 0.5, "fps": 8.0, "vae": ["1", 2], "batch_size": 2}
    prompt = {"clip": ["1", 1], "text": "a red circle"}
    sampler = {"model": ["1", 0], "positive": ["3", 0], "latent": ["4", 0], "seed": 1, "steps": 1, "guidance": 2.0}
    return {
        "1": {"class_type": "SoraLoadModel", "inputs": {"model": "nano (demo model)"}},
        "3": {"class_type": "SoraEncodeText", "inputs": prompt},
        "4": {"class_type": "SoraVideoGrid", "inputs": grid},
        "5": {"class_type": "SoraSampler", "inputs": {**sampler, "shift": 3.0}},
        "6": {"class_type": "SoraDecodeToVideo", "inputs": {"samples": ["5", 0], "vae": ["1", 2], **decoder}},
        "7": {"class_type": "SaveVideo", "inputs": {"video": ["6", 0], "filename_prefix": "a", "format": "auto"}},
    }


def test_what_comes_after_a_list_of_videos_runs_once_for_each(runner):
    report, titles = runner(batch(fps=0.0))
    assert titles.count("7 Save Video") == 1
    assert [path.name for path in report.files] == ["a_00001_.mp4", "a_00002_.mp4"]
    one, other = (path.read_bytes() for path in report.files)
    assert one != other


def test_a_mistake_after_the_sampler_is_told_before_it_samples(runner):
    with pytest.raises(import_from_pack("headless.errors").GraphError, match=r"node 5 .*: got loop_frames 2 of 5"):
        runner(batch(fps=0.0, loop_frames=2))
