"""What core nodes set on a MODEL or its texts acts in Sora Sampler as in the host's, or is refused (set_on_models.py).

Tests nodes/comfy/companions.py and nodes/comfy/guiders.py: guides, Context Windows, step caches, scaled noise.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 1e-5  # of the spread of the latents
GUIDED = ["ltxv", "ltx_2"]
IN_CONTEXT = ["wan_2_1", "wan_vace", "wan_2_2", "ltxv", "ltx_2", "hunyuan", "ours"]
CACHED = ["wan_2_1", "wan_2_2", "ltxv", "hunyuan", "ours"]
ROLLING = {"wan_2_2", "ltxv", "ours"}
SCALED = ["wan_2_1", "wan_2_2", "hunyuan", "ours"]


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "set_on_models", tmp_path_factory.mktemp("set"))


@pytest.mark.parametrize("name", GUIDED)
def test_a_guide_of_any_strength_is_what_it_is_for_the_core_sampler(report, name):
    found = report["guides"][name]["apart"]
    assert len(found) == 7
    for kind, apart in found.items():
        assert apart < ROUNDING, kind


@pytest.mark.parametrize("name", GUIDED)
def test_guides_go_with_history_guidance_and_are_refused_by_name_in_windows(report, name):
    found = report["guides"][name]
    assert found["history"]["known"] == 0
    assert found["history"]["change"] > 0.01
    for said in found["windows"].values():
        assert said.startswith("got guides of LTXV Add Guide")
        assert said.endswith("put the images on the canvas with Sora Keyframe")


@pytest.mark.parametrize("name", IN_CONTEXT)
def test_context_windows_give_what_the_core_sampler_gives_with_free_noise_too(report, name):
    found = report["context"][name]
    assert len(found) == 9
    for kind, apart in found.items():
        assert apart < ROUNDING, kind
    assert report["context changes"][name] > 0.01


def test_context_windows_show_our_model_the_levels_of_their_own_patches(report):
    assert report["context, a region of ours"] < ROUNDING


@pytest.mark.parametrize("node", ["EasyCache", "LazyCache"])
@pytest.mark.parametrize("name", CACHED)
def test_a_step_cache_of_core_skips_what_it_skips_for_the_core_sampler_and_begins_anew_in_each_window(
    report, name, node
):
    found = report[node][name]
    assert found["whole"] < ROUNDING
    assert found["first window"] < ROUNDING
    assert found["skips"] > 0.01
    assert found["windows skip"] > 0.01


@pytest.mark.parametrize("node", ["EasyCache", "LazyCache"])
@pytest.mark.parametrize("name", CACHED)
def test_a_step_cache_that_skips_nothing_changes_nothing_in_windows(report, name, node):
    found = {kind: apart for kind, apart in report[node][name].items() if kind.endswith("skips nothing")}
    assert len(found) == (2 if name in ROLLING else 1)
    assert all(apart < ROUNDING for apart in found.values())


@pytest.mark.parametrize("node", ["EasyCache", "LazyCache"])
@pytest.mark.parametrize("wish", ["SoraHistoryGuidance", "SoraStepCache"])
def test_a_step_cache_of_core_is_refused_beside_what_calls_the_model_at_other_times(report, node, wish):
    for name in CACHED:
        assert report[node][name]["refused"][wish].startswith("got a MODEL with EasyCache or LazyCache and with Sora")


@pytest.mark.parametrize("name", SCALED)
def test_a_noise_scale_acts_as_in_the_core_sampler_or_is_refused(report, name):
    found = report["noise scale"][name]
    assert found["nothing known"] < ROUNDING
    assert found["known"] < ROUNDING
    assert found["change"] > 0.1
    for said in found["refused"].values():
        assert said.startswith("got a MODEL with a noise scale of 1.7 (ModelNoiseScale)")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("sound", "the sound of the whole clip (audio_embed), all of which each window would hear"),
        ("speech", "speaks the sound of the whole clip (Wan InfiniteTalk)"),
        ("two windows", "got a MODEL with Context Windows and with Sora Windows"),
        ("differential", "got a MODEL with Differential Diffusion"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name_before_the_network_is_called(report, case, words):
    assert words in report["refusals"][case]
    assert report["refusals"]["calls"] == 0
