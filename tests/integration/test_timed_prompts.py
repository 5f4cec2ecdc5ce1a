"""Sora Timed Prompts on MODELs of the host (timed_prompts.py): in Wan as in our own, in the others by windows.

Tests nodes/comfy/timed_prompts.py, and how nodes/comfy/model.py takes them from a core sampler.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 5e-5  # of the spread of the latents, after three steps in float32
ONE_AT_A_TIME = ("hunyuan", "ltxv", "mochi")


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "timed_prompts", tmp_path_factory.mktemp("timed"))


@pytest.mark.parametrize("way", ["hard", "soft", "hard in windows", "soft in windows"])
def test_frames_of_wan_see_the_prompts_that_ours_see(report, way):
    assert report[way] < ROUNDING


@pytest.mark.parametrize("name", ["host", "ours", "host in windows", "ours in windows"])
def test_two_prompts_change_a_clip_unless_they_are_equal(report, name):
    assert report[name]["same text"] < ROUNDING
    assert report[name]["changed"] > 0.1


@pytest.mark.parametrize("name", ONE_AT_A_TIME)
def test_other_models_see_one_prompt_in_each_window(report, name):
    found = report[name]
    assert "sees one prompt at a time: connect Sora Windows" in found["refused"]
    assert found["first window"] == found["same text"] == 0
    assert found["second window"] > 0.1


def test_a_core_sampler_follows_them_with_our_model(report):
    assert report["by KSampler"] > 0.1


def test_nothing_is_left_on_the_model(report):
    assert report["left patched"] < ROUNDING


def test_prompts_that_do_not_fit_are_refused(report):
    assert report["lengths"] == "got prompts of 7 to 14 tokens, expected one length: shorten them"
    assert report["frames"].startswith("got prompts of stretches for 7 latent frames, the canvas has 3: connect")
