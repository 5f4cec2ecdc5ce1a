"""Films with sound on canvases of LTX-2 and MiniMax-H3, from a VIDEO to a file, beside core (sounding_films.py).

Tests nodes/comfy/sounds.py: the codec of both families, and which VAEs belong together.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

FAMILIES = ("ltx_2", "minimax_h3")
ROUNDING = 1e-5  # of the spread of the latents
AAC = 0.2  # rms, of the spread of sound that is nearly noise
NAMES = {"ltx_2": ("LTX-2", "AudioVAE"), "minimax_h3": ("MiniMax-H3", "MiniMaxH3AudioVAE")}
KNOWN = {  # first and last latent of sound of each known stretch
    "ltx_2": {
        "SoraAnimateImage": [],
        "SoraExtendVideo": [[0, 17]],  # 17 frames of 24 a second; 25 latents a second, which begin 30 ms early
        "SoraExtendVideo backward": [[19, 33]],
        "SoraConnectVideos": [[0, 17], [36, 50]],
        "SoraLoopVideo": [[0, 17], [36, 50]],
        "SoraInpaintVideo": [[0, 0]],
        "SoraKeyframe": [[11, 25]],
    },
    "minimax_h3": {
        "SoraAnimateImage": [],
        "SoraExtendVideo": [[0, 35]],  # 22 frames of 24 a second; 40 latents a second
        "SoraExtendVideo backward": [[29, 64]],
        "SoraConnectVideos": [[0, 35], [85, 120]],
        "SoraLoopVideo": [[0, 35], [85, 92]],
        "SoraInpaintVideo": [[0, 14]],
        "SoraKeyframe": [[22, 57]],
    },
}
FRAMES = {"ltx_2": 33, "minimax_h3": 39}
RATES = {"ltx_2": 16000, "minimax_h3": 32000}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "sounding_films", tmp_path_factory.mktemp("films"))


@pytest.mark.parametrize("name", FAMILIES)
def test_an_empty_canvas_has_the_shapes_of_core_s(report, name):
    assert report[name]["grid"] == report[name]["grid of core"]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_ability_becomes_what_the_core_sampler_makes_of_it(report, name):
    apart = report[name]["apart"]
    assert set(apart) == {*KNOWN[name], "SoraVideoGrid"}
    assert {ability: error for ability, error in apart.items() if not error < ROUNDING} == {}


@pytest.mark.parametrize("name", FAMILIES)
def test_sound_is_known_where_the_frames_of_its_time_are(report, name):
    assert report[name]["known"] == KNOWN[name]


@pytest.mark.parametrize("name", FAMILIES)
def test_known_sound_is_encoded_as_core_encodes_it(report, name):
    encoding = report[name]["encoding"]
    assert len(encoding["errors"]) > 15
    assert max(encoding["errors"]) < ROUNDING


@pytest.mark.parametrize("name", FAMILIES)
def test_the_file_has_the_sound_that_core_decodes_as_long_as_its_frames(report, name):
    found = report[name]["file"]
    assert found["frames"] == FRAMES[name]
    assert found["seconds"] == pytest.approx(FRAMES[name] / 24, abs=1024 / RATES[name])  # AAC has frames of 1024
    assert found["rate"] == found["rate of core"] == RATES[name]
    assert found["error"] < AAC


@pytest.mark.parametrize("name", FAMILIES)
def test_joined_to_its_source_the_source_s_sound_comes_back_bit_for_bit(report, name):
    found = report[name]["file"]
    frames, seconds = found["joined"]
    assert frames == FRAMES[name]
    assert seconds == pytest.approx(FRAMES[name] / 24, abs=1024 / RATES[name])
    assert found["kept"] == 0


@pytest.mark.parametrize("name", FAMILIES)
def test_a_sampled_latent_is_extended_bit_for_bit(report, name):
    assert report[name]["file"]["again"] == [True, True]


@pytest.mark.parametrize("name", FAMILIES)
def test_vaes_that_do_not_belong_together_are_refused_by_name(report, name):
    said, (family, audio_vae) = report[name]["refused"], NAMES[name]
    (other,) = (one for one in FAMILIES if one != name)
    for words in (f"got the audio VAE {NAMES[other][1]} of {NAMES[other][0]}", f"{family} has {audio_vae}"):
        assert words in said["audio VAE of another"]
    assert "as the audio VAE, expected AudioVAE (LTX-2) or MiniMaxH3AudioVAE (MiniMax-H3)" in said["no audio VAE"]
    assert said["exchanged"] == f"got the audio VAE {audio_vae} as the VAE, expected the VAE of the frames"
    assert said["no VAE"] == f"got the audio VAE of {family} ({audio_vae}), expected its VAE too"
    for words in (f"got sound that {family} made", f"the audio VAE {NAMES[other][1]} of {NAMES[other][0]}", audio_vae):
        assert words in said["decode with another"]
    assert "got an audio VAE for latents of frames alone" in said["decode frames alone"]
    assert said["decode at another rate"].endswith("set fps to 24")
