"""The ways to extend clips, whose seams are measured, and the table."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import seams, sources
from sora_core.evals.continuations import CONTINUATIONS, SOURCE, Job
from sora_core.evals.seams import SEAMLESS
from sora_core.pipeline import Pipeline
from tiny import PROMPT

Rows = Callable[..., list[dict[str, Any]]]


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("way", CONTINUATIONS)
def test_every_way_keeps_the_clip_and_adds_its_frames(way: str, tiny_model_folder: Path) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    text = pipe.encode_text([PROMPT])
    latents = pipe.sample_latents(text, VideoShape(17, 16, 16), sampling=SamplingOptions(steps=1))
    frames = CONTINUATIONS[way](pipe, Job(text, latents, 2, 0))
    assert latents.shape[2] == SOURCE
    assert frames.shape == (1, 17 + 2 * 16, 16, 16, 3)
    kept = 17 if way != "pixels joined" else 0  # which fades inside the overlap
    assert torch.equal(frames[:, :kept], pipe.decode(latents)[:, :kept])


@pytest.mark.slow
@pytest.mark.parametrize("kind", SEAMLESS)
def test_clips_without_a_seam_are_as_long_as_an_extended_clip(kind: str, tiny_model_folder: Path) -> None:
    frames = SEAMLESS[kind](Pipeline.load(tiny_model_folder), 2, 0)
    assert frames.shape == (2, 33 if "one piece" in kind else 17 + 8 * 16, 64, 64, 3)
    assert frames.dtype == torch.uint8


def test_seams_lie_at_all_phases_of_the_motion_and_clips_are_cut_to_one_length() -> None:
    lengths = [part.latents for part in sources.prompted(24, 0, seams.LENGTHS)]
    assert sorted(set(lengths)) == [SOURCE, SOURCE + 1, SOURCE + 2, SOURCE + 3]
    counts = [len(part.prompts) for part in sources.prompted(24, 0, seams.LENGTHS)]
    assert counts == [6] * 4
    assert [part.latents for part in sources.prompted(20, 0)] == [SOURCE] * 3


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_the_command_has_a_row_for_each_way_with_intervals(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (seams, sources):
        monkeypatch.setattr(module, "EXTENSIONS", 2)
    table = rows("seams", 2)
    loops = ["loop closed by 8 frames", "loop closed by 16 frames", "played again"]
    assert [row["way"] for row in table] == [*CONTINUATIONS, *SEAMLESS, *loops]
    interval = re.compile(r"\d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\)")
    assert all(interval.fullmatch(row["flicker at the first seam"]) for row in table)
    several = [True] * 5 + [False, True] + [False] * 3  # the model makes no clip of many seams in one piece
    assert [bool(row["contrast per extension"]) for row in table] == several
    assert [bool(row["motion at all seams"]) for row in table] == several
