"""Measures that tell margins over clips want at least two; the others take one."""

import pytest

from sora_core.evals.__main__ import MEASURES, SPREADS, main


@pytest.mark.parametrize("measure", ["drift", "seams", "long"])
def test_one_clip_is_refused_where_margins_are_told(measure: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([measure, "--model", "not even looked for", "--count", "1"]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"error: --count must be at least 2 for {measure}, which reports margins, got 1\n"
    assert captured.out == ""


@pytest.mark.parametrize("measure", sorted(set(MEASURES) - set(SPREADS)))
def test_one_clip_is_a_count_for_the_others(measure: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([measure, "--model", "not_there", "--count", "1"]) == 2
    assert "there is no model 'not_there'" in capsys.readouterr().err


@pytest.mark.parametrize("measure", ["drift", "seams", "long"])
def test_two_clips_are_enough_for_margins(measure: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([measure, "--model", "not_there", "--count", "2"]) == 2
    assert "there is no model 'not_there'" in capsys.readouterr().err
