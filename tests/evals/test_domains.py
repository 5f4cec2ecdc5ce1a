"""Scores of a domain: a model that follows no prompt is told from true clips, and nothing depends on the order."""

from pathlib import Path

import pytest

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals.domains import score_domain
from sora_core.pipeline import Pipeline
from sora_core.world import DOMAINS

SMALL = VideoShape(9, 64, 64)


@pytest.mark.slow
def test_an_untrained_model_follows_no_prompt_where_true_clips_pass(tiny_model_folder: Path) -> None:
    pipe, sampling = Pipeline.load(tiny_model_folder), SamplingOptions(steps=2)
    score = score_domain(pipe, DOMAINS["flat"], SMALL, count=6, sampling=sampling)
    assert score == score_domain(pipe, DOMAINS["flat"], SMALL, count=6, sampling=sampling)
    assert sum(share.clips for share in score.shares if share.check == "colour") >= 1
    assert sum(share.true for share in score.shares) > 0.9 * len(score.shares)
    assert sum(share.generated for share in score.shares) < 0.5 * len(score.shares)
    assert score.psnr < 20  # of a VAE that has learnt nothing
