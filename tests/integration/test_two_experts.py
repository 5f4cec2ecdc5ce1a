"""Two MODELs as one by Sora Two Experts, beside the host's way, one after the other, and the core (two_experts.py).

Tests nodes/comfy/experts.py: who answers for which noise level, and what is patched into either; and the two classes of
the host that nodes/comfy/patcher.py stands for.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs
from wan_folders import wan_pipeline

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 5e-5  # of the spread of the latents, after four steps in float32
PUBLISHED = "a14b"
BOTH = pytest.mark.parametrize("kind", ["host", "ours"])


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("experts")
    wan_pipeline(experts=True).save_pretrained(folder / "models" / "diffusion_models" / PUBLISHED)
    return programs.report(installation, "two_experts", folder)


@BOTH
@pytest.mark.parametrize("sampler", ["KSampler", "SamplerCustomAdvanced", "SoraSampler"])
def test_in_every_sampler_the_node_gives_the_experts_of_the_core(report, kind, sampler):
    assert report["as_one"][kind][sampler] < ROUNDING
    assert report["as_one"]["one"][sampler] > 0.1


@BOTH
def test_two_models_one_after_the_other_are_the_experts_of_the_core(report, kind):
    assert report["as_one"][kind]["separately"] < ROUNDING
    assert report["as_one"]["one"]["separately"] > 0.1


@BOTH
def test_the_schedule_is_that_of_the_first_and_may_be_put_on_before_or_after(report, kind):
    assert report["as_one"][kind]["shifted later"] < ROUNDING


def test_levels_per_patch_reach_the_expert_of_the_highest(report):
    assert report["per_patch"]["known"] < ROUNDING


def test_each_sample_of_a_batch_gets_its_expert(report):
    assert report["per_patch"]["on both sides"] < ROUNDING


@BOTH
@pytest.mark.parametrize("patched", ["high", "low"])
def test_a_lora_on_one_leaves_the_other_alone(report, kind, patched):
    found = report[kind]["patching"]
    assert found[patched] < ROUNDING
    assert found[f"{patched} changes"] > 0.1
    assert found["without"] < ROUNDING


@BOTH
def test_a_lora_on_the_two_as_one_is_a_lora_on_each(report, kind):
    assert max(report[kind]["patching"]["both, later"]) < ROUNDING


@BOTH
def test_unloaded_the_weights_are_what_they_were(report, kind):
    assert report[kind]["patching"]["restored"]


@BOTH
@pytest.mark.parametrize("what", ["guidance of high", "guidance of low", "rescaled high", "rescaled low"])
def test_what_is_put_on_one_is_its_own(report, kind, what):
    found = report[kind]["options"][what]
    assert max(found["errors"]) < ROUNDING
    assert found["change"] > 0.1


@BOTH
@pytest.mark.parametrize("what", ["guidance of both", "rescaled both"])
def test_what_is_put_on_the_two_as_one_is_for_both(report, kind, what):
    found = report[kind]["options"][what]
    assert max(found["errors"]) < ROUNDING
    assert found["change"] > 0.1


@BOTH
def test_no_compiled_module_of_one_answers_for_the_other(report, kind):
    assert max(report[kind]["options"]["compiled"]["errors"]) < ROUNDING


@BOTH
def test_each_is_loaded_alone_when_its_turn_comes(report, kind):
    found = report[kind]["loading"]
    assert found["once"] == ["high", "low"]
    assert found["twice"] == ["high", "low"] * 2
    assert found["streamed"] < ROUNDING


@BOTH
def test_nothing_is_left_of_a_video_that_is_done_or_broken_off(report, kind):
    found = report[kind]["loading"]
    assert found["left"]
    assert found["stopped"] == ["None", "None"]
    assert found["again"] == 0


def test_a_folder_of_two_experts_is_one_model_with_its_own_boundary(report):
    found = report["published"]
    assert found["boundary"] == 0.6
    assert max(found["errors"]) < ROUNDING
    assert found["high alone"] > 0.1


def test_a_second_patcher_of_each_has_weights_of_its_own_and_the_same_results(report):
    assert report["published"]["own_weights"]
    assert report["published"]["again"] == 0


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("family", "must be of one kind, got Sora (16 latent channels, FLOW) as high_noise and WAN21 (16 latent"),
        ("channels", "and WAN21 (16 latent channels, takes 36, FLOW) as low_noise"),
        ("high is two", "got two experts as high_noise, expected one MODEL that is a single expert"),
        ("low is two", "got two experts as low_noise, expected one MODEL that is a single expert"),
        ("no flow", "got a MODEL (WAN21) that is not a flow model from noise to video"),
        ("around", "with a wrapper around the whole of sampling (easycache): connect that node after Sora Two Experts"),
        (
            "wishes",
            "got a low_noise MODEL from Sora Resample, Sora History Guidance, Sora Windows or Sora Rolling Window",
        ),
        ("boundary", "boundary must be a noise level between 0 and 1, got 1.5"),
    ],
)
def test_two_that_are_not_two_experts_are_refused(report, pair, message):
    assert message in report["refusals"][pair]
