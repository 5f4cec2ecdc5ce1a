"""The model in the repository is small and shows what is asked for; so does the first command of the README."""

from __future__ import annotations

import os
from pathlib import Path

import av
import pytest
from PIL import Image

from scripts import demo
from sora_core import Pipeline
from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import load_dit
from sora_core.evals.prompts import generate_clips, prompts_for
from sora_core.models.nano import NANO
from sora_core.pipeline import ModelFolder, bundled_models
from sora_core.world.flat import held_out, read_attributes
from source_tree import ROOT

pytestmark = pytest.mark.slow

MOST_BYTES, MOST_OF_CAPTIONER = 40_000_000, 6_000_000


def test_nano_is_bundled_and_small() -> None:
    assert bundled_models() == ["nano"]
    sizes = {path.name: path.stat().st_size for path in ModelFolder.bundled("nano").path.iterdir()}
    parts = ("dit", "vae", "text_encoder", "captioner")
    assert set(sizes) == {f"{part}.safetensors" for part in parts}
    assert sizes["captioner.safetensors"] < MOST_OF_CAPTIONER
    assert sum(sizes.values()) < MOST_BYTES


def test_nano_has_the_sizes_of_its_preset_and_takes_a_timestep_per_token() -> None:
    config = load_dit(ModelFolder.bundled("nano").dit).config
    assert config == NANO.dit
    assert config.timestep_patch == (1, 2, 2)


def test_clips_of_nano_have_the_colours_of_prompts_that_it_never_saw() -> None:
    wanted = held_out()[:4]
    pipe = Pipeline.load("nano")
    clips = generate_clips(pipe, prompts_for(wanted, seed=0), VideoShape(17, 64, 64), seed=0)
    for clip, asked in zip(clips, wanted, strict=True):
        seen = read_attributes(clip, pipe.fps)
        assert (seen.colour, seen.background) == (asked.colour, asked.background)


@pytest.mark.slow
def test_the_demo_makes_a_video_that_browsers_play_and_a_contact_sheet(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where the demo goes by itself; the test goes back afterwards
    monkeypatch.setattr(demo, "OUT", tmp_path / "out")
    monkeypatch.setenv("SORA_PROMPT", "a blue square moves up on a white background")
    assert demo.main() == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["demo.mp4", "demo.png"]
    with av.open(str(tmp_path / "out" / "demo.mp4")) as video:
        (stream,) = video.streams
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert len(list(video.decode(stream))) == 17
    with Image.open(tmp_path / "out" / "demo.png") as sheet:
        assert min(sheet.size) > 100
    printed = capfd.readouterr()
    assert "Prompt: a blue square moves up on a white background" in printed.out
    assert str(tmp_path / "out" / "demo.mp4") in printed.out
    assert "Sora Sampler" in printed.err  # seconds per stage


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_the_demo_refuses_an_empty_prompt_in_one_line(
    prompt: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SORA_PROMPT", prompt)
    assert demo.main() == 2
    assert capsys.readouterr().err.startswith("error: the prompt is empty")
