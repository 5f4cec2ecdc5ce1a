"""Rates of checks: true clips pass, and H.264 keeps what is seen."""

from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.checks import main, score_checks, through_h264
from sora_core.world import DOMAINS

SMALL = VideoShape(9, 64, 64)


@pytest.mark.slow
def test_true_clips_pass_the_checks_of_the_flat_domain() -> None:
    rates = score_checks(DOMAINS["flat"], SMALL, fps=8.0, count=6)
    assert rates == score_checks(DOMAINS["flat"], SMALL, fps=8.0, count=6)
    assert [rate.check for rate in rates] == sorted({rate.check for rate in rates})
    assert all(1 <= rate.clips <= 6 for rate in rates)
    assert sum(rate.true for rate in rates) > 0.9 * len(rates)
    assert sum(rate.coded for rate in rates) > 0.9 * len(rates)


def test_a_clip_comes_back_from_h264_nearly_as_it_was(tmp_path: Path) -> None:
    clip = torch.linspace(-1, 1, 32).expand(3, 5, 32, 32)
    back = through_h264(clip, tmp_path, 8.0)
    assert back.shape == clip.shape
    assert 0 < float((back - clip).abs().max()) < 0.1


@pytest.mark.slow
def test_the_command_prints_a_row_for_each_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--domain", "flat", "--count", "1", "--shapes", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| size | frames | check | clips | true | true, through H.264 |"
    assert lines[2].startswith("| 128x128 | 17 | ")
    assert {line.count("|") for line in lines} == {7}


def test_a_count_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--domain", "flat", "--count", "0"]) == 2
    assert "--count must be at least 1, got 0" in capsys.readouterr().err
