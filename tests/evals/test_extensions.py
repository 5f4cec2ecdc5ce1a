"""Extensions against the simulator: errors are distances from the true place, and what is given is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sora_core.canvas.placement import Placement
from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import extensions
from sora_core.evals.clip_shapes import clip_of
from sora_core.evals.encoding import pixels_of
from sora_core.evals.extensions import TrueClips, extended, score_extensions, true_clips
from sora_core.pipeline import Pipeline

FPS = 8.0


@pytest.mark.slow
def test_an_untrained_model_loses_the_object_and_each_direction_has_its_rows(
    rows: Callable[..., list[dict[str, Any]]],
) -> None:
    table = rows("extensions", 1)
    assert [row["direction"] for row in table] == ["forward", "forward", "backward", "backward"]
    assert max(row["32 frames on"] for row in table if row["median"] == "error in pixels") > 2


@pytest.mark.slow
@pytest.mark.parametrize("backward", [False, True])
def test_true_clips_have_no_error_and_an_object_that_stops_is_as_far_as_the_true_one_goes(
    backward: bool, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "extended", lambda pipe, clips, source: clips.pixels)
    score = score_extensions(Pipeline.load(tiny_model_folder), backward=backward, count=5)
    assert (score.direction, score.clips) == ("backward" if backward else "forward", 5)
    assert score.errors == (0, 0, 0)
    assert 3 < score.still[0] < 20  # speeds of the world are 0.5 to 2.3 pixels a frame, and eight frames have passed


@pytest.mark.slow
def test_the_frames_of_the_source_are_shown_to_the_model_and_come_back(
    tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "SAMPLING", SamplingOptions(steps=1, guidance=1.0))
    pipe = Pipeline.load(tiny_model_folder)
    (clips,) = true_clips(clip_of(pipe, 17), FPS, count=2, seed=0)
    source = Placement(0, 9, 17, pipe.vae.compression)
    made = extended(pipe, clips, source)
    assert made.shape == clips.pixels.shape
    with torch.no_grad():
        kept = pixels_of(pipe.decode(pipe.vae.encode(clips.pixels[:, :, :9])))
    torch.testing.assert_close(made[:, :, :9], kept, rtol=0, atol=1.1 * 2 / 255)
    hidden = clips.pixels.clone()
    hidden[:, :, 9:] = 0
    assert torch.equal(extended(pipe, TrueClips(hidden, clips.prompts, clips.seed), source), made)


def test_clips_come_in_batches_with_prompts_and_seeds_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "BATCH", 2)
    batches = list(true_clips(VideoShape(1, 16, 16), FPS, count=5, seed=7))
    assert [len(batch.pixels) for batch in batches] == [len(batch.prompts) for batch in batches] == [2, 2, 1]
    assert [batch.seed for batch in batches] == [7, 9, 11]
