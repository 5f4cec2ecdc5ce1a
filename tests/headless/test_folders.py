"""Graphs read and write inside the folders of a run alone, under names as ComfyUI makes them."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from headless.pack import import_from_pack


def test_a_file_to_load_that_is_not_there_is_found_before_anything_runs(refused, workflow):
    workflow["8"] = {"class_type": "LoadImage", "inputs": {"image": "none.png"}}
    assert "node 8 (LoadImage): got 'none.png', expected a file" in refused(workflow)


@pytest.mark.parametrize("loader", [("LoadImage", "image"), ("LoadVideo", "file")])
@pytest.mark.parametrize("way", ["absolute", "dots", "link", "nul"])
def test_a_file_outside_of_the_input_folder_is_refused(refused, workflow, tmp_path, loader, way):
    class_type, name = loader
    secret, folder = tmp_path / "secret.png", tmp_path / "in"
    secret.touch()
    folder.mkdir()
    (folder / "link.png").symlink_to(secret)
    got = {"absolute": str(secret), "dots": "../secret.png", "link": "link.png", "nul": "\0"}[way]
    workflow["8"] = {"class_type": class_type, "inputs": {name: got}}
    message = refused(workflow, "--input", str(folder))
    assert f"node 8 ({class_type}): got {got!r}, expected the name of a file inside {folder}: put the file there" in (
        message
    )


@pytest.mark.parametrize(
    "prefix",
    [
        "../../escape",
        "/escape",
        "",
        ".",
        "..",
        "a/..",
        "a/b/..",
        "a" * 300,
        "a" * 300 + "/b",
        "\u00e9" * 150 + "/b",
        "a/" * 3000 + "b",
    ],
)
def test_a_prefix_that_leads_out_of_the_output_folder_is_refused(refused, workflow, tmp_path, prefix):
    workflow["7"]["inputs"]["filename_prefix"] = prefix
    message = refused(workflow)
    assert "error: node 7 (SaveVideo): got" in message
    assert "filename_prefix" in message
    assert not list(tmp_path.rglob("*.mp4"))


def test_a_file_inside_the_input_folder_may_be_given_with_its_whole_path(command, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "picture.png")
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": str(tmp_path / "picture.png")}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "copy"}},
    }
    assert command(graph, "--input", str(tmp_path)) == 0


def test_an_output_folder_that_is_a_file_is_refused_before_anything_runs(command, workflow, tmp_path, capsys):
    (tmp_path / "out").write_text("in the way")
    assert command(workflow) == 2
    assert "error: cannot make the folder" in capsys.readouterr().err


@pytest.fixture
def folders(tmp_path):
    return import_from_pack("headless.folders").Folders(tmp_path / "in", tmp_path / "out")


def saved(folders, prefix, suffix=".mp4"):
    return folders.save(prefix, suffix, (64, 32), lambda path: path.write_text("made"))


def test_file_names_are_numbered_after_the_highest_one_of_their_prefix(folders):
    assert saved(folders, "clips/red") == folders.output / "clips" / "red_00001_.mp4"
    for name in ("red_00007_.mp4", "red_00009_.png", "red_more_00012_.mp4", "red_00011.mp4"):
        (folders.output / "clips" / name).touch()
    assert saved(folders, "clips/red").name == "red_00010_.mp4"
    assert saved(folders, "clips/red_more").name == "red_more_00013_.mp4"
    assert saved(folders, "clips/r.d").name == "r.d_00001_.mp4", "a prefix is no pattern"
    assert not [path for path in (folders.output / "clips").iterdir() if path.name.startswith(".")]


def test_runs_at_the_same_time_keep_every_result(folders):
    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(lambda _: saved(folders, "red"), range(40)))
    assert len(set(paths)) == len(list(folders.output.iterdir())) == 40


def test_a_file_that_cannot_be_written_leaves_nothing(folders):
    def fail(path):
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        folders.save("red", ".mp4", (64, 32), fail)
    assert list(folders.output.iterdir()) == []


def test_dates_and_sizes_in_a_prefix_are_filled_in(folders):
    path = saved(folders, "%year%-%month%-%day%/%date:yyyy-MM-dd%_%width%x%height%_%other%")
    day = time.strftime("%Y-%m-%d")
    assert path == folders.output / day / f"{day}_64x32_%other%_00001_.mp4"


def test_control_characters_in_a_prefix_are_refused(folders):
    assert "without control characters" in folders.check_output("red\x1b[2J")


def test_a_name_may_point_to_a_result(folders):
    assert folders.input_path("a.png [output]") == folders.output / "a.png"
    with pytest.raises(ValueError, match="inside"):
        folders.input_path("../a.png [output]")


def test_a_name_may_point_to_the_folder_of_temporary_files(command, tmp_path, capsys):
    (tmp_path / "temp").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "temp" / "seen.png")
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "seen.png [temp]"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "copy"}},
    }
    assert command(graph, "--temp", str(tmp_path / "temp")) == 0
    assert command(graph, "--temp", str(tmp_path / "none")) == 2
    assert "expected a file: there is no" in capsys.readouterr().err


def test_the_browsers_mark_of_an_input_is_no_part_of_the_name(folders):
    assert folders.input_path("a.png [input]") == folders.input / "a.png"


def test_pictures_of_the_workflows_are_found_unless_the_user_has_files_of_these_names(folders):
    samples = import_from_pack("nodes.host.samples").SAMPLES
    assert folders.input_path("sora_circle.png") == samples / "sora_circle.png"
    assert folders.input_path("circle_right.mp4") == folders.input / "circle_right.mp4"
    folders.input.mkdir(exist_ok=True)
    (folders.input / "sora_circle.png").write_bytes(b"the user's own")
    assert folders.input_path("sora_circle.png") == folders.input / "sora_circle.png"


def test_where_no_folders_are_installed_that_is_said(monkeypatch):
    module = import_from_pack("headless.folders")
    monkeypatch.setattr(module, "_current", [])
    with pytest.raises(RuntimeError, match="no folders are installed"):
        module.Folders.current()


def test_a_name_that_is_too_long_for_the_file_system_is_no_file(tmp_path):
    folders = import_from_pack("headless.folders").Folders(tmp_path, tmp_path / "out")
    assert "expected a file: there is no" in folders.check_input("x" * 300 + ".mp4")


@pytest.mark.parametrize("most", [255, 143])
def test_a_prefix_that_the_file_system_does_not_take_is_told_before_anything_is_made(tmp_path, monkeypatch, most):
    """Encrypted file systems take shorter names than others."""
    monkeypatch.setattr(os, "pathconf", lambda folder, name: most, raising=False)
    folders = import_from_pack("headless.folders").Folders(tmp_path, tmp_path / "not" / "made")
    for prefix, fits in ((most * "f" + "/clip", True), ((most + 1) * "f" + "/clip", False)):
        assert (folders.check_output(prefix) is True) == fits
    for prefix, fits in (((most - 55) * "n", True), ((most - 54) * "n", False)):
        assert (folders.check_output(prefix) is True) == fits
    assert "in a folder with a name that is too long" in folders.check_output(300 * "f" + "/clip")
    assert not (tmp_path / "not").exists()
