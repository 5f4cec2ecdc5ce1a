"""Prompts expanded by a server that is not ours: `transformers serve` with a model made here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from integration.one_sentence_model import missing, serving_models, write_model
from integration.skipping import skip_loudly
from sora_core.language import Message
from sora_core.language.expanding import ModelExpander
from sora_core.language.server import ChatServer, ServerError
from sora_core.language.system_texts import WAN

pytestmark = [pytest.mark.live, pytest.mark.slow]

SENTENCE = "two glossy red balls roll left over a wooden floor in warm morning light."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := missing():
        skip_loudly(reason)
    folder = tmp_path_factory.mktemp("model")
    write_model(folder, SENTENCE)
    return folder


@pytest.fixture(scope="module")
def url(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_models(tmp_path_factory.mktemp("server") / "log.txt") as url:
        yield url


def test_a_prompt_whose_facts_the_answer_keeps_is_expanded(url, folder):
    result = ModelExpander(ChatServer(url, str(folder)), WAN).expand("two red balls roll left")
    assert result.text == SENTENCE
    assert not result.notice
    assert "floor" in {fact.value for fact in result.check.added}


def test_a_prompt_whose_facts_the_answer_lost_stays(url, folder):
    result = ModelExpander(ChatServer(url, str(folder)), WAN).expand("three green cats")
    assert result.text == "three green cats"
    assert "lost what the prompt says" in result.notice


def test_a_model_that_the_server_has_not_is_one_line(url, tmp_path):
    with pytest.raises(ServerError, match="failed with status 500") as caught:
        ChatServer(url, str(tmp_path / "none"), waits=()).reply([Message("user", "hello")], words=50)
    assert "\n" not in str(caught.value)


def test_a_picture_comes_in_a_form_that_the_server_takes(url, folder):
    asked = Message("user", "hello", (torch.zeros(8, 8, 3, dtype=torch.uint8),))
    assert ChatServer(url, str(folder), waits=()).reply([asked], words=50) == SENTENCE
