"""Templates for the weights that people have: each runs to a video, and a real server misses nothing but their files.

template_runs.py runs them on small random weights; what ComfyUI's nodes take is as scripts/docs has recorded it.
"""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest

from integration import programs
from integration.comfy_server import PACK
from scripts.docs import core_nodes
from scripts.docs.families import FAMILIES
from scripts.docs.templates import ABILITIES

pytestmark = [pytest.mark.live, pytest.mark.slow]

STEMS = [family.stem for family in FAMILIES]
RATES = {family.stem: family.fps for family in FAMILIES}
SOUNDING = [family.stem for family in FAMILIES if family.audio_vae]
WITH_SOURCES = ("loop_video", "connect_videos")  # whose sound goes into the file, for any model
SHORTER = 0.6  # as in template_runs.py
SOURCE = {"frames": 50, "fps": 25.0, "size": [320, 180]}  # of the sample clip
FRAMES = {16.0: 49, 24.0: 73}  # of a text to video: 3 seconds
LATENTS = {"wan2_1_1_3b": 13, "wan2_2_5b": 19, "wan2_2_a14b": 13, "ltx_2": 10, "minimax_h3": 22}  # of as many frames
PERIODS = {"ltx_2": 8 / 24, "minimax_h3": 17 / 24}  # seconds by which a length may be rounded; 4 frames else


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "template_runs", tmp_path_factory.mktemp("templates"))


@pytest.fixture(params=STEMS)
def stem(request) -> str:
    return request.param


def period(stem: str) -> float:
    return PERIODS.get(stem, 4 / RATES[stem])


def test_every_template_becomes_a_video_that_is_not_one_colour(report):
    assert set(report) == {f"{stem}_{ability}" for stem in STEMS for ability in ABILITIES}
    assert {name: found["spread"] for name, found in report.items() if not found["spread"] > 0.02} == {}


@pytest.mark.parametrize("ability", ["text_to_video", "first_last_frame"])
def test_a_new_video_has_the_length_and_rate_that_were_asked_for(report, stem, ability):
    found = report[f"{stem}_{ability}"]
    assert (found["frames"], found["fps"]) == (FRAMES[RATES[stem]], RATES[stem])


def test_the_first_and_the_last_picture_are_known_and_nothing_else(report, stem):
    assert report[f"{stem}_text_to_video"]["known"] == [0]
    picture, *sound = report[f"{stem}_first_last_frame"]["known"]
    assert picture == pytest.approx(2 / LATENTS[stem])
    assert sound == ([0] if stem in SOUNDING else [])


def test_an_extension_keeps_every_frame_before_the_context_and_goes_on(report, stem):
    found = report[f"{stem}_extend_video"]
    assert found["kept"] >= SOURCE["frames"] - 2 * SOURCE["fps"] * SHORTER
    assert (found["fps"], found["size"]) == (SOURCE["fps"], SOURCE["size"])
    added = (found["frames"] - SOURCE["frames"]) / SOURCE["fps"]
    assert abs(added - 3 * SHORTER) < period(stem)


def test_a_loop_is_its_clip_and_the_way_back(report, stem):
    found = report[f"{stem}_loop_video"]
    assert (found["fps"], found["size"]) == (SOURCE["fps"], SOURCE["size"])
    assert abs(found["frames"] / found["fps"] - (2 + 2) * SHORTER) < 2 * period(stem)


def test_a_connection_is_both_clips_and_the_way_between(report, stem):
    found = report[f"{stem}_connect_videos"]
    assert (found["fps"], found["size"]) == (SOURCE["fps"], SOURCE["size"])
    assert abs(found["frames"] / found["fps"] - (2 + 1 + 2) * SHORTER) < 3 * period(stem)
    assert 0.2 < found["known"][0] < 0.9


@pytest.mark.parametrize("ability", ABILITIES)
def test_sound_is_as_long_as_the_frames_where_the_model_makes_it_or_the_sources_have_it(report, stem, ability):
    found = report[f"{stem}_{ability}"]
    if stem in SOUNDING or ability in WITH_SOURCES:
        assert found["sound"] == pytest.approx(found["frames"] / found["fps"], abs=0.06 if stem in SOUNDING else 0.1)
    elif ability != "extend_video":  # which keeps the source's
        assert found["sound"] is None


@pytest.mark.parametrize("ability", ["extend_video", "loop_video", "connect_videos"])
def test_the_sound_of_a_source_is_known_where_its_frames_are(report, ability):
    for stem in SOUNDING:
        picture, sound = report[f"{stem}_{ability}"]["known"]
        assert sound == pytest.approx(picture, abs=0.2)


def test_nothing_overrides_the_settings_of_a_template(report):
    said = [text for found in report.values() for text in found["said"]]
    assert [text for text in said if "replaces" in text or "does nothing" in text or "No sound" in text] == []


@pytest.mark.parametrize("name", core_nodes.NAMES)
def test_nodes_of_comfyui_are_as_they_were_recorded(comfy, name):
    info = comfy.get(f"/object_info/{urllib.parse.quote(name)}")[name]
    assert core_nodes.described(info) == json.loads(core_nodes.RECORD.read_text())[name]


def test_a_server_misses_nothing_but_the_files(comfy):
    """Of a graph with a file that is not there it says so, and what else is wrong with any node."""
    for stem in STEMS:
        for ability in ABILITIES:
            graph = json.loads((PACK / "workflows" / "api" / f"{stem}_{ability}.json").read_text())
            errors = comfy.post("/prompt", {"prompt": graph, "client_id": "test"})["node_errors"]
            missed = {
                (node_id, error["extra_info"]["input_name"], error["type"])
                for node_id, found in errors.items()
                for error in found["errors"]
            }
            expected = {
                (node_id, name, "custom_validation_failed" if name == "image" else "value_not_in_list")
                for node_id, node in graph.items()
                for name in node["inputs"]
                if name in core_nodes.FILES
            }
            assert missed == expected, f"{stem}_{ability}"
