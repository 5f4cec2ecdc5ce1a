"""Frames and sound together are sampled as the host's own sampler samples them (sounding_classes.py).

Tests nodes/comfy/sampling.py, guiders.py and sounds.py: LTX-2, which takes a level per token, and MiniMax-H3.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

CLASSES = {"ltx_2": "LTXAV", "minimax_h3": "MiniMaxH3"}
KINDS = {
    "text_to_video",
    "animate",
    "extend",
    "backward",
    "connect",
    "keyframe",
    "in time",
    "sound alone",
    "frames alone",
    "strengths",
    "strengths beside 256ths",
    "region",
    "mask of frames alone",
}
ROUNDING = 1e-5  # of the spread of the latents
PARITY = 1e-4  # the same, where levels between 0 and 1 are rounded on the way to the model
AUDIO_VAES = {
    "ltx_2": ("AudioVAE, the audio VAE of LTX-2", 128),
    "minimax_h3": ("MiniMaxH3AudioVAE, the audio VAE of MiniMax-H3", 24),
}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "sounding_classes", tmp_path_factory.mktemp("sounding"))


def test_both_classes_are_looked_at(report):
    assert {name: found["class"] for name, found in report.items()} == CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_known_frames_and_sound_become_what_the_core_sampler_makes_of_them(report, name):
    apart = report[name]["apart"]
    assert set(apart) == KINDS | ({"two of a batch"} if name == "ltx_2" else set())
    allowed = {"strengths beside 256ths": PARITY}
    assert {kind: error for kind, error in apart.items() if not error < allowed.get(kind, ROUNDING)} == {}
    assert report[name]["another"] > 1  # two canvases differ


@pytest.mark.parametrize("name", CLASSES)
def test_res_multistep_is_that_of_core_with_known_frames_and_sound(report, name):
    assert report[name]["res_multistep"] < ROUNDING


@pytest.mark.parametrize("name", CLASSES)
def test_what_core_s_nodes_set_on_a_model_acts_as_in_core(report, name):
    found = dict(report[name]["of core"])
    if name == "minimax_h3":
        for kind in ("context windows", "FreeNoise"):
            for words in ("text_to_video", "extend"):
                assert "(MiniMaxH3) with Context Windows, which do not know" in found.pop(f"{kind}, {words}")
    assert len(found) == 8
    assert {kind: apart for kind, apart in found.items() if not apart < ROUNDING} == {}


def test_a_frame_rate_at_which_frames_and_sound_do_not_last_equally_long_is_told(report):
    without, other, same = report["ltx_2"]["rates"]
    for said, rate in ((without, 25), (other, 50)):
        assert said == [f"LTXV Conditioning: set frame_rate to 91.7, not {rate}."]
    assert same == []
    assert report["minimax_h3"]["rates"] == [[], [], []]  # which has a rate of its own


@pytest.mark.parametrize("name", CLASSES)
def test_previews_show_the_frames(report, name):
    assert report[name]["preview"] == [4, 4]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("kind", ["0 known", "1 known", "4 known", "res_multistep"])
def test_each_window_of_frames_and_sound_is_what_the_core_sampler_makes_of_such_a_clip(report, name, kind):
    first, second = report[name]["windows"][kind]
    assert first < ROUNDING
    assert second < ROUNDING


def test_windows_carry_the_sound_of_minimax_h3_at_its_own_shift_as_the_core_sampler_does(report):
    first, second = report["minimax_h3"]["windows"]["shifts"]
    assert first < ROUNDING
    assert second < ROUNDING


def test_minimax_h3_makes_sound_in_windows_for_a_latent_without_any(report):
    assert report["minimax_h3"]["windows"]["sound of none"] == [1, 32, 2, 65]  # 39 frames of 24 a second


def test_ltx_2_takes_noised_context_of_frames_and_sound(report):
    assert report["ltx_2"]["windows"]["noised context"] == {"known": 0.0, "finite": True}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(
    "option", ["SoraResample", "SoraHistoryGuidance", "heun", "dpmpp_2m", "res_multistep", "euler_ancestral"]
)
def test_with_every_option_known_frames_and_sound_stay_bit_for_bit(report, name, option):
    assert report[name]["options"][option] == {"known": 0.0, "finite": True}


def test_ltx_2_makes_frames_alone_of_such_a_latent_as_core_does_and_says_how_to_get_sound(report):
    found = report["ltx_2"]["without"]
    assert found["apart"] < ROUNDING
    assert found["said"] == ["No sound: connect an audio VAE to the canvas node."]


def test_minimax_h3_always_makes_sound_as_in_core_and_says_so(report):
    found = report["minimax_h3"]["without"]
    assert found["apart"] < ROUNDING
    assert found["length"] == 28  # 17 frames of 24 a second, 40 latents a second
    assert found["said"] == ["All of the sound is generated."]


@pytest.mark.parametrize("name", CLASSES)
def test_sound_that_is_not_for_a_model_is_refused_with_both_names(report, name):
    said = report[name]["refused"]
    (other,) = (one for one in CLASSES if one != name)
    for words in (f"got sound of {AUDIO_VAES[other][0]}", f"({CLASSES[name]}) takes that of {AUDIO_VAES[name][0]}"):
        assert words in said["of another family"]
    assert f"({CLASSES[name]}) takes that of {AUDIO_VAES[name][0]}" in said["of another shape"]
    assert "this MODEL (WAN21) makes frames alone: take them apart with Separate AV Latent" in said["of none"]
    rolls = "frames and sound together, which Sora Rolling Window does not divide"
    assert (rolls if name == "ltx_2" else "this MODEL takes one timestep for the clip") in said["rolling"]
    assert (
        f"got latents of 16 channels, this model ({CLASSES[name]}) takes {AUDIO_VAES[name][1]}"
        in (said["frames of another"])
    )
