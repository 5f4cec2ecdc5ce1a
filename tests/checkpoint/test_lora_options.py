"""LoRA files as the pipeline and the command line take them: which file changes what, and by how much."""

from __future__ import annotations

from pathlib import Path

import pytest

from lora_files import changed_by, lora_file
from sora_core.checkpoint.lora import Lora, apply_loras
from sora_core.cli.generate import main
from sora_core.models.wan.dit import Experts
from sora_core.pipeline import Pipeline
from tiny import PROMPT, tiny_dit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.safetensors", Lora(Path("a.safetensors"))),
        ("a.safetensors:0.5", Lora(Path("a.safetensors"), 0.5)),
        ("dir/a.safetensors:-1", Lora(Path("dir/a.safetensors"), -1.0)),
        ("C:/loras/a.safetensors", Lora(Path("C:/loras/a.safetensors"))),
        ("C:/loras/a.safetensors:2", Lora(Path("C:/loras/a.safetensors"), 2.0)),
    ],
)
def test_a_strength_follows_the_last_colon(text, expected):
    assert Lora.parse(text) == expected


def test_several_files_add_up(tmp_path):
    dit, plain = tiny_dit(), tiny_dit()
    dit.load_state_dict(plain.state_dict())
    apply_loras(
        dit,
        [
            Lora(lora_file(tmp_path / "one.safetensors", dit)),
            Lora(lora_file(tmp_path / "two.safetensors", dit, 2.0), 0.5),
        ],
    )
    assert changed_by(plain, dit) == pytest.approx(2.0, abs=1e-5)


def test_of_two_experts_a_file_changes_the_one_that_its_name_says(tmp_path):
    experts, plain = Experts(tiny_dit(), tiny_dit(), 0.9), tiny_dit()
    for expert in (experts.high, experts.low):
        expert.load_state_dict(plain.state_dict())
    apply_loras(experts, [Lora(lora_file(tmp_path / "style_HIGH_noise.safetensors", plain, 3.0))])
    assert changed_by(plain, experts.high) == pytest.approx(3.0, abs=1e-5)
    assert changed_by(plain, experts.low) == 0
    with pytest.raises(
        ValueError, match=r"got the LoRA style\.safetensors for a model of two experts, expected high_noise or"
    ):
        apply_loras(experts, [Lora(lora_file(tmp_path / "style.safetensors", plain))])


def test_the_pipeline_merges_its_loras(tiny_model_folder, tmp_path):
    plain = Pipeline.load(tiny_model_folder)
    file = lora_file(tmp_path / "a.safetensors", plain.dit)
    assert changed_by(plain.dit, Pipeline.load(tiny_model_folder, loras=[Lora(file, 0.25)]).dit) == pytest.approx(
        0.25, abs=1e-5
    )
    again = Pipeline.load(tiny_model_folder)
    assert changed_by(plain.dit, again.dit) == 0, "the model's own file has changed"


def test_the_command_line_takes_files_with_strengths(tiny_model_folder, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("sora_core.pipeline.apply_loras", lambda dit, loras: seen.extend(loras))
    arguments = ["generate", PROMPT, "--model", str(tiny_model_folder), "-o", str(tmp_path / "o.mp4"), "--steps", "1"]
    size = ["--width", "32", "--height", "16", "--seconds", "1"]
    assert main([*arguments, *size, "--lora", "a.safetensors", "--lora", "b.safetensors:0.5"]) == 0
    assert seen == [Lora(Path("a.safetensors")), Lora(Path("b.safetensors"), 0.5)]


def test_a_lora_that_is_not_there_is_one_line(tiny_model_folder, tmp_path, capsys):
    arguments = ["generate", PROMPT, "--model", str(tiny_model_folder), "-o", str(tmp_path / "o.mp4")]
    assert main([*arguments, "--lora", str(tmp_path / "none.safetensors")]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "none.safetensors does not exist" in line
