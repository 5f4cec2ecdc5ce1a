"""Text that ComfyUI's own CLIPs write, with random weights: the path, not the prose (language_reports.py).

Tests nodes/comfy/language.py and Sora Expand Prompt on it.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs
from integration.comfy_server import Installation

pytestmark = [pytest.mark.live, pytest.mark.slow]

WRITERS = ["Qwen3", "Qwen3, padded", "Qwen3-VL", "Gemma 3", "Gemma 4"]
SEEING = {"Qwen3-VL": 2, "Gemma 3": 1, "Gemma 4": 2}
"""Marks for two pictures: Gemma 3 gets them together"""
QWEN = "<|im_start|>system\nrun<|im_end|>\n<|im_start|>user\na red (dog:1.2) runs<|im_end|>\n<|im_start|>assistant\n"
READ = {
    "Qwen3": QWEN + "<think>\n\n</think>\n\n",
    "Qwen3, padded": QWEN + "<think>\n\n</think>\n\n",
    "Qwen3-VL": QWEN + "<think>\n\n</think>\n\n",
}
"""All that the model gets to read: no padding, no weights, and the template once"""


@pytest.fixture(scope="module")
def report(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return programs.report(installation, "language_reports", tmp_path_factory.mktemp("language"))


@pytest.mark.parametrize(("name", "text"), READ.items())
def test_a_model_reads_the_conversation_as_its_family_writes_it(report, name, text):
    assert report[name]["read"] == text


def test_gemma_reads_the_first_mark_of_its_turn_and_one_start(report):
    assert report["Gemma 3"]["read"].startswith("<start_of_turn>user")
    assert report["Gemma 3"]["read"].count("<start_of_turn>") == 2
    assert report["Gemma 4"]["read"].split()[:2] == ["<bos>", "system"]


@pytest.mark.parametrize("name", WRITERS)
def test_a_seed_gives_the_same_text_and_another_one_another(report, name):
    assert report[name]["again"] == [True, False]


@pytest.mark.parametrize("name", WRITERS)
def test_an_interrupt_stops_the_model_before_its_next_block(report, name):
    assert report[name]["interrupted"] == 30


@pytest.mark.parametrize("name", WRITERS)
def test_nothing_is_left_after_answers_and_interrupts(report, name):
    assert report[name]["before"]["hooks"] == report[name]["after"]["hooks"] == 0
    assert report[name]["after"]["tensors"] <= report[name]["before"]["tensors"]


@pytest.mark.parametrize(("name", "marks"), SEEING.items())
def test_a_model_sees_each_picture_in_its_order(report, name, marks):
    assert report[name]["pictures"] == marks
    assert report[name]["seen"]


def test_only_models_with_eyes_see(report):
    assert [name for name in WRITERS if "seen" in report[name]] == [*SEEING]


def test_gibberish_ends_in_the_prompt_with_a_notice_and_the_model_leaves_memory_where_asked(report):
    assert report["node"]["text"] == ["a red dog runs", ""]
    what, why = report["node"]["said"]
    assert what == "The prompt is used as it is"
    assert why.startswith("The answer ")
    assert report["node"]["loaded"] == [1, 0]


def test_an_error_of_the_host_stays_what_it_is(report):
    assert report["out of memory"] == "no memory"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("CLIP-L", "the CLIP (SD1Tokenizer) cannot write text"),
        ("Qwen2.5-VL", "the CLIP (Qwen25_7BVLI) is only a part of its model here and cannot write text"),
        ("MiniMax-H3", "the CLIP (qwen3vl_32b) is only a part of its model here and cannot write text"),
        ("no eyes", "the CLIP (Qwen3_4B) sees no pictures"),
        ("ours", "the CLIP (SoraTokenizer) cannot write text"),
        ("none", "got no CLIP"),
    ],
)
def test_other_clips_are_refused_in_one_line_that_says_what_to_do(report, name, why):
    said = report["refused"][name]
    assert said.startswith(why)
    assert "connect" in said
    assert "or use a server (server_url)" in said
    assert "\n" not in said
