"""Sora Expand Prompt: nano's prompts alone, others with a CLIP or a server, and what is wrong in one line."""

from __future__ import annotations

import contextlib

import pytest
import torch

from chat_server import endless, failure, serving, text
from headless.pack import import_from_pack
from node_runs import run
from sora_core.language import BackEnd

GOOD = "Two glossy red balls roll left over a wooden floor in warm morning light."
GIVEN = {"family": "nano", "seed": 1, "server_url": "", "server_model": ""}


def expand(nodes, prompt, **given):
    return run(nodes["SoraExpandPrompt"], text=prompt, **{**GIVEN, **given})


def test_nano_needs_no_server_and_what_was_added_is_listed(nodes, said):
    detailed, added = expand(nodes, "a red ball moves left")
    assert detailed.startswith("a video of a red circle")
    assert set(added.splitlines()) == {"colour of the background: navy", "speed of object 1: fast"}
    assert said == []


def test_misspelt_words_are_told(nodes, said):
    expand(nodes, "blu squre")
    assert said == ["Read 'blu' as 'blue', 'squre' as 'square'"]


def test_a_server_expands_and_sees_the_first_frame_of_an_image(nodes, said):
    with serving(text(GOOD)) as server:
        given = {"family": "wan", "server_url": server.url, "server_model": "tiny"}
        assert expand(nodes, "two red balls roll left", image=torch.rand(2, 8, 8, 4), **given)[0] == GOOD
    system, user = server.asked[0].body["messages"]
    assert "Wan 2.x" in system["content"]
    assert user["content"][0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert said == []


def test_bad_answers_leave_the_prompt_and_say_why(nodes, said):
    with serving(text("I'm sorry, I can't.")) as server:
        given = {"family": "wan", "server_url": server.url, "server_model": "tiny"}
        assert expand(nodes, "a dog", **given) == ("a dog", "")
    assert said[0] == "The prompt is used as it is"


@pytest.mark.parametrize(
    ("prompt", "given", "why"),
    [
        ("", {}, "the prompt is empty"),
        ("a dragon", {}, "nano's world has no 'dragon'"),
        ("a dog", {"family": "wan"}, "no language model was given"),
        ("a dog", {"image": torch.rand(1, 8, 8, 3)}, "the image needs a model"),
        ("a dog", {"server_url": "http://localhost:1"}, "no model was given"),
        ("a dog", {"server_url": "localhost"}, "expected an http or https address"),
        ("a dog", {"server_url": "http://a..b/v1", "server_model": "m"}, "no server can have this name"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(nodes, prompt, given, why):
    with pytest.raises(ValueError, match=why):
        expand(nodes, prompt, **given)


def test_a_server_that_fails_is_told(nodes):
    with serving(failure(404)) as server, pytest.raises(OSError, match="has no model 'tiny'"):
        expand(nodes, "a dog", server_url=server.url, server_model="tiny")


def test_the_user_interrupts_while_the_server_thinks(nodes, monkeypatch):
    calls = []

    class Bar:
        def update(self, done, preview=None):
            calls.append(done)
            if len(calls) > 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(import_from_pack("nodes.host").current(), "progress", lambda *given: Bar(), raising=False)
    with serving(endless(b" ", pause=0.05)) as server, pytest.raises(KeyboardInterrupt):
        expand(nodes, "a dog", server_url=server.url, server_model="tiny")
    assert calls == [0, 0, 0]


class FakeModel:
    """What a host makes of a CLIP: gives one answer, and notes what it was asked."""

    backend = BackEnd("fake CLIP", "1")

    def __init__(self, answer: str = GOOD) -> None:
        self.answer, self.asked = answer, []

    def reply(self, messages, *, words, seed=0, poll=None):
        poll()
        self.asked.append((messages, seed))
        if not self.answer:
            raise MemoryError("out of memory")
        return self.answer


@pytest.fixture
def hosted(nodes, monkeypatch):
    """The model of any CLIP. unloaded: the CLIPs that were taken out of memory. seeing: whether it had to see."""
    model = FakeModel()
    model.unloaded, model.seeing = [], []
    current = import_from_pack("nodes.host").current()

    def language_model(clip, *, pictures):
        model.seeing.append(pictures)
        return model

    monkeypatch.setattr(current, "language_model", language_model, raising=False)
    monkeypatch.setattr(current, "unload", model.unloaded.append, raising=False)
    return model


def test_a_clip_expands_and_stays_in_memory(nodes, hosted, said):
    assert expand(nodes, "two red balls roll left", family="wan", clip="CLIP", seed=5)[0] == GOOD
    ((messages, seed),) = hosted.asked
    assert "Wan 2.x" in messages[0].text
    assert (seed, hosted.seeing, hosted.unloaded, said) == (5, [False], [], [])


def test_a_clip_sees_the_first_frame_of_an_image(nodes, hosted):
    image = torch.tensor([0.0, 0.5, 1.0, 0.0]).expand(2, 8, 8, 4)
    assert expand(nodes, "two red balls roll left", family="wan", clip="CLIP", image=image)[0] == GOOD
    (picture,) = hosted.asked[0][0][1].pictures
    assert picture.dtype == torch.uint8
    assert picture[0, 0].tolist() == [0, 128, 255]
    assert hosted.seeing == [True]


@pytest.mark.parametrize("answer", [GOOD, ""])
def test_a_clip_is_unloaded_where_asked_also_after_an_error(nodes, hosted, answer):
    hosted.answer = answer
    with contextlib.nullcontext() if answer else pytest.raises(MemoryError):
        expand(nodes, "two red balls roll left", family="wan", clip="CLIP", unload=True)
    assert hosted.unloaded == ["CLIP"]


def test_clip_and_server_are_too_much(nodes, hosted):
    with pytest.raises(ValueError, match="got both clip and server_url: disconnect clip, or leave server_url empty"):
        expand(nodes, "a dog", clip="CLIP", server_url="http://localhost:1", server_model="m")


def test_the_bundled_text_encoder_cannot_write(nodes, loaded):
    with pytest.raises(
        ValueError, match="the CLIP of Sora Load Model cannot write text, it only reads it: use a server"
    ):
        expand(nodes, "a dog", family="wan", clip=loaded[1])
