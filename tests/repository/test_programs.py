"""Benchmarks and scripts fit the code they drive: what no user imports would otherwise rot unseen."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from benchmarks import cpu_kernels, prompt_to_mp4
from scripts import (
    ability_pictures,
    demo_picture,
    graph_picture,
    results_picture,
    thumbnails,
    timeline_pictures,
    training_metadata,
)
from sora_core.checkpoint.model_folders import find_model
from sora_core.pipeline import Pipeline
from source_tree import PACKAGES, ROOT, python_files, relative, tree_of
from tiny import FPS, save_tiny_model


def names_from_us(path: Path) -> list[tuple[str, str]]:
    """(module, name) of every `from module import name` of our own packages, those inside functions too."""
    return [
        (node.module, alias.name)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES
        for alias in node.names
    ]


@pytest.mark.parametrize("path", python_files("benchmarks", "scripts"), ids=relative)
def test_every_name_that_a_program_imports_exists(path):
    missing = [f"{module}.{name}" for module, name in names_from_us(path) if not exists(module, name)]
    assert missing == []


def exists(module: str, name: str) -> bool:
    return hasattr(importlib.import_module(module), name)


def test_a_missing_name_is_caught():
    assert exists("sora_core.canvas.shapes", "VideoShape")
    assert not exists("sora_core.canvas.shapes", "VideoForm")


def test_prompt_to_mp4_prints_each_stage(tiny_model_folder, capsys, monkeypatch):
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)  # it would hold for all tests that follow
    monkeypatch.setattr(
        sys,
        "argv",
        ["prompt_to_mp4", "--model", str(tiny_model_folder), "--steps", "1", "--runs", "1", "--threads", "1"],
    )
    assert prompt_to_mp4.main() == 0
    stages = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert stages[2:7] == ["load", "encode text", "sample", "decode and write", "total"]


def test_the_picture_of_results_has_a_row_for_each_prompt(tiny_model_folder, tmp_path, monkeypatch):
    tiny = Pipeline.load(tiny_model_folder)
    monkeypatch.setattr(Pipeline, "load", lambda name: tiny)
    monkeypatch.setattr(results_picture, "CLIPS", 2)
    assert results_picture.main([str(tmp_path / "sheet.png")]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (9 * 66 - 2, 2 * (64 + results_picture.LINES * results_picture.LINE + 4))


def test_a_picture_of_a_workflow_shows_what_goes_in_and_marks_what_is_new():
    black, white = (Image.new("RGB", (64, 64), colour) for colour in ("black", "white"))
    picture = thumbnails.picture(thumbnails.Run("a prompt", [[black] * 3], [black] * 3 + [white] * 3))
    assert picture.size == (thumbnails.SIDE, thumbnails.SIDE)
    colours = {colour for _, colour in picture.getcolors(100_000)}
    kept, made = ((96, 96, 96), (240, 160, 32))
    assert {(0, 0, 0), (255, 255, 255), kept, made} <= colours
    all_kept = thumbnails.picture(thumbnails.Run("a prompt", [[black] * 6], [black] * 6))
    assert made not in {colour for _, colour in all_kept.getcolors(100_000)}


def test_a_loop_that_leads_back_to_what_was_there_is_marked_as_made():
    grey = [Image.new("L", (64, 64), shade).convert("RGB") for shade in (0, 60, 120)]
    run = thumbnails.Run("a prompt", [grey], [*grey, *grey[1::-1]])
    assert thumbnails.made_frames(run) == [3, 4]


def test_a_workflow_without_a_source_shows_its_prompt_and_that_of_a_model_its_name():
    frames = [Image.new("RGB", (64, 64), "black")] * 6
    plain, other, named = (
        thumbnails.picture(thumbnails.Run(prompt, [], frames), model)
        for prompt, model in (("a cat", ""), ("a dog", ""), ("a cat", "Wan 2.2 5B"))
    )
    assert len({picture.tobytes() for picture in (plain, other, named)}) == 3


def test_a_picture_of_captions_shows_each_clip_with_its_text():
    colours = ("black", "white", "navy")
    clips = [(Image.new("RGB", (64, 64), colour), f"a {colour} clip") for colour in colours]
    picture, other = thumbnails.captioned(clips), thumbnails.captioned([*clips[:2], (clips[2][0], "a navy circle")])
    assert picture.size == (thumbnails.SIDE, thumbnails.SIDE)
    assert {(0, 0, 0), (255, 255, 255), (0, 0, 128)} <= {colour for _, colour in picture.getcolors(100_000)}
    assert picture.tobytes() != other.tobytes()


def test_every_workflow_has_a_picture_that_no_other_has():
    pictures = [path.read_bytes() for path in (ROOT / "workflows").glob("*.jpg")]
    assert len(set(pictures)) == len(pictures)


def test_a_workflow_that_is_not_there_gets_no_picture(capsys):
    assert thumbnails.main(["text_to_video", "none"]) == 2
    assert "no workflow none" in capsys.readouterr().err


def test_metadata_on_training_are_added_and_no_tensor_changes(tmp_path, capsys):
    folder, captions = save_tiny_model(tmp_path), tmp_path / "captions.txt"
    captions.write_text("a red dragon flies over a castle at night\n\na blue castle\n")
    names = ("dit.safetensors", "text_encoder.safetensors")
    before = {name: load_file(folder / name) for name in names}
    assert training_metadata.main([str(folder), "--captions", str(captions), "--clips", "17x64x48", "33x64x48"]) == 0
    known = find_model(folder).trained_on()
    assert known.words >= {"dragon", "castle", "blue"}
    assert known.examples == ("a red dragon flies over a castle at night",)
    assert (known.sizes, known.frames) == (((48, 64),), 33)
    for name, tensors in before.items():
        after = load_file(folder / name)
        assert after.keys() == tensors.keys()
        assert all(torch.equal(after[key], tensor) for key, tensor in tensors.items())
    assert Pipeline.load(folder).fps == FPS
    with pytest.raises(SystemExit):
        training_metadata.main([str(folder), "--captions", str(captions), "--clips", "64x64"])
    assert "expected FRAMESxHEIGHTxWIDTH" in capsys.readouterr().err


def test_the_moving_picture_shows_each_clip_under_its_caption_until_the_longest_ends():
    clips = [("one", torch.full((4, 8, 8, 3), 255, dtype=torch.uint8)), ("two", torch.zeros(9, 8, 8, 3).byte())]
    pictures = list(demo_picture.moving_picture(clips))
    assert len(pictures) == 9
    clip, gap = 8 * demo_picture.SCALE, demo_picture.GAP
    assert pictures[0].size == (gap + demo_picture.COLUMNS * (clip + gap), 2 * gap + demo_picture.CAPTION + clip)
    second = (gap + clip + gap + clip // 2, gap + demo_picture.CAPTION + clip // 2)
    assert pictures[0].getpixel(second) == (0, 0, 0)


@pytest.mark.parametrize(
    ("length", "frames"),
    [(9, [0, 1, 2, 3, 4, 5, 6, 7, 8]), (4, [0, 1, 2, 3, 0, 1, 2, 3, 0]), (5, [0, 1, 2, 3, 4, 4, 4, 4, 4])],
)
def test_a_short_clip_is_played_as_often_as_it_fits_and_rests_on_its_last_frame(length, frames):
    assert [demo_picture.shown(moment, length, 9) for moment in range(9)] == frames


def test_the_picture_of_an_ability_shows_what_is_given_beside_what_is_made_and_marks_both_in_the_bar():
    given, made = torch.full((2, 8, 8, 3), 255, dtype=torch.uint8), torch.zeros(4, 8, 8, 3).byte()
    ability = ability_pictures.Ability("Extend", (ability_pictures.Given("8"),))
    pictures = list(ability_pictures.drawn(ability, [ability_pictures.Placed(given, 0, 2)], made))
    side, gap, line = 8 * ability_pictures.SCALE, ability_pictures.GAP, ability_pictures.LINE
    left, right, middle = gap + 4, 2 * gap + side + 4, gap + line + side // 2
    assert [picture.getpixel((left, middle)) for picture in pictures] == [(255, 255, 255)] * 2 + [(216, 216, 216)] * 2
    assert [picture.getpixel((right, middle)) for picture in pictures] == [(0, 0, 0)] * 4
    bar = pictures[0].height - gap - ability_pictures.BAR // 2
    generated = tuple(bytes.fromhex(ability_pictures.MADE[1:]))
    colours = [pictures[0].getpixel((2 * gap + side + share * side // 8, bar)) for share in (3, 5, 7)]
    assert [colour == generated for colour in colours] == [False, True, True]


def test_the_picture_of_a_timeline_shows_clips_prompts_and_the_moment_below_what_is_made():
    text = "length 1\n0.25-0.5 = clip1 from 0.25\n0: a red circle\n0.5: a blue square"
    graph = {"4": {"inputs": {"timeline": text, "fps": 8.0, "loop": False}}}
    given = {"clip1": torch.full((6, 8, 8, 3), 200, dtype=torch.uint8)}
    strip = timeline_pictures.strip_of(graph, "4", given, 8)
    pictures = list(timeline_pictures.drawn_on_strip("Title", strip, torch.zeros(8, 8, 8, 3).byte()))
    gap, step = timeline_pictures.GAP, timeline_pictures.WIDTH // 8
    assert len(pictures) == 8
    middle = pictures[0].width // 2
    assert pictures[0].getpixel((middle, gap + timeline_pictures.LINE + 12)) == (0, 0, 0)  # what is made
    row = 2 * gap + timeline_pictures.LINE + 8 * timeline_pictures.SCALE + timeline_pictures.STRIP // 2
    made = tuple(bytes.fromhex(timeline_pictures.MADE[1:]))
    colours = [pictures[0].getpixel((gap + frame * step + step // 4, row)) for frame in range(8)]
    assert [colour == made for colour in colours] == [True, True, False, False, True, True, True, True]
    assert colours[2] == (200, 200, 200)  # its own frames
    playhead = tuple(bytes.fromhex(timeline_pictures.MOMENT[1:]))
    moments = [picture.getpixel((gap + n * step + step // 2, row)) for n, picture in enumerate(pictures)]
    assert moments == [playhead] * 8


def test_every_picture_of_an_ability_is_there_and_of_a_workflow():
    pictures = {path.stem for path in (ability_pictures.ROOT / "web/docs/images").glob("*.webp")}
    assert pictures == set(ability_pictures.ABILITIES)
    assert pictures <= {path.stem for path in (ability_pictures.ROOT / "workflows/api").glob("*.json")}
    sizes = [path.stat().st_size for path in (ability_pictures.ROOT / "web/docs/images").glob("*.webp")]
    assert max(sizes) < 150_000


@pytest.mark.parametrize("program", [ability_pictures, demo_picture, graph_picture, results_picture])
def test_a_program_without_arguments_says_how_it_is_called(program, capsys):
    assert program.main([]) == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_without_a_comfyui_there_is_no_picture_of_a_graph(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path / "none"))
    assert graph_picture.main([str(tmp_path / "graph.png")]) == 1
    assert capsys.readouterr().err.startswith("error: no ComfyUI in")


@pytest.mark.parametrize("points", [cpu_kernels.USUAL, cpu_kernels.OURS])
def test_what_the_kernel_benchmark_compares_is_one_function(points):
    frames, kernel = torch.randn(6, 8, 5, 7, dtype=torch.float64), torch.randn(4, 8, 3, 3, 3, dtype=torch.float64)
    expected = cpu_kernels.direct_sum(frames, kernel)
    torch.testing.assert_close(cpu_kernels.filtered(frames, kernel, points), expected)
    torch.testing.assert_close(cpu_kernels.by_taps(frames.movedim(0, 1)[None], kernel), expected)


def test_the_attentions_of_the_kernel_benchmark_agree():
    q, k, v = torch.randn(3, 2, 4, 10, 16)
    for other in (cpu_kernels.plain, cpu_kernels.by_products):
        torch.testing.assert_close(other(q, k, v), cpu_kernels.fused(q, k, v))
