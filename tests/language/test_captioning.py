"""Captions with a language model that sees pictures."""

from __future__ import annotations

import pytest
import torch

from chat_server import serving, text
from sora_core.language.captioning import ModelCaptioner
from sora_core.language.facts import Fact, Kind
from sora_core.language.repair import AnswerError
from sora_core.language.server import ChatServer
from sora_core.language.system_texts import WAN

FRAMES = torch.zeros(9, 16, 16, 3, dtype=torch.uint8)
CAPTION = "A red ball rolls left over grey stone tiles under a bright sky."


def test_a_caption_comes_with_its_facts_and_the_server_saw_frames_with_their_times():
    with serving(text(f"<think>a ball</think>Caption: {CAPTION}")) as server:
        caption = ModelCaptioner(ChatServer(server.url, "see"), WAN, pictures=3).describe(FRAMES, 8.0)
    assert caption.text == CAPTION
    assert Fact(Kind.COLOUR, "red") in caption.facts
    assert caption.backend.version == "see"
    content = server.asked[0].body["messages"][1]["content"]
    assert [each["type"] for each in content] == ["image_url"] * 3 + ["text"]
    assert "0.00, 0.50, 1.00 seconds" in content[-1]["text"]


def test_a_bad_answer_is_asked_for_once_more():
    with serving(text("I'm sorry, I cannot see."), text(CAPTION)) as server:
        assert ModelCaptioner(ChatServer(server.url, "see"), WAN).describe(FRAMES, 8.0).text == CAPTION


def test_two_bad_answers_are_an_error_that_says_why():
    with serving(text("I'm sorry, I cannot see.")) as server:
        captioner = ModelCaptioner(ChatServer(server.url, "see"), WAN)
        with pytest.raises(AnswerError, match="gave no description: the answer is a refusal, also when asked again"):
            captioner.describe(FRAMES, 8.0)
    assert len(server.asked) == 2
