"""A chat server with every fault: one clear line, limited tries, and the key in no message."""

from __future__ import annotations

import json
import time

import pytest
import torch

from chat_server import endless, failure, raw, serving, text
from integration.serving_program import free_port
from sora_core.language import Message, transport
from sora_core.language.address import KEY, KEY_URL
from sora_core.language.expanding import ModelExpander
from sora_core.language.pictures import data_url
from sora_core.language.server import ChatServer, ServerError
from sora_core.language.system_texts import WAN

PROMPT = "two red balls roll left"
GOOD = "Two glossy red balls roll left over a wooden floor in warm morning light."
SECRET = "sk-secret-123"


def ask(server, **options):
    options = {"waits": (0.0, 0.0), **options}
    return ChatServer(server.url, "tiny", **options).reply([Message("user", "hello")], words=50, seed=3)


def problem(*answers, **options) -> str:
    """The one line that these answers end in."""
    with serving(*answers) as server, pytest.raises(ServerError) as caught:
        ask(server, **options)
    line = str(caught.value)
    assert line.startswith(f"the server 127.0.0.1:{server.server_port} ")
    assert "\n" not in line
    return line


def test_the_text_of_an_answer_is_returned_and_the_request_is_of_the_openai_kind():
    with serving(text(GOOD)) as server:
        assert ask(server) == GOOD
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.body["model"] == "tiny"
    assert asked.body["seed"] == 3
    assert asked.body["messages"] == [{"role": "user", "content": "hello"}]
    assert asked.body["stream"] is False
    assert "Authorization" not in asked.headers


def test_pictures_are_sent_beside_the_text():
    with serving(text(GOOD)) as server:
        picture = torch.zeros(2, 2, 3, dtype=torch.uint8)
        ChatServer(server.url, "tiny").reply([Message("user", "hello", (picture,))], words=50)
    content = server.asked[0].body["messages"][0]["content"]
    assert [each["type"] for each in content] == ["image_url", "text"]
    assert content[0]["image_url"]["url"] == data_url(picture)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (failure(401, "no key"), "refuses access, it wants a key: set \\$SORA_LLM_KEY.*no key"),
        (failure(404, "model 'tiny' not found"), "has no model 'tiny'.*not found"),
        (failure(413), "may see no pictures, or too many"),
        (failure(418, "tea\npot"), "failed with status 418 \\(tea pot\\)"),
        (raw(b"{"), "answered with broken JSON"),
        (raw(b"[" * 100_000), "answered with broken JSON"),
        (raw(b"<html>", kind="text/html; charset=utf-8"), "answered text/html, expected JSON.*ends with /v1"),
        (raw(b'{"choices": []}'), "without a text: no choices"),
        (raw(b"[]"), "without a text"),
        (raw(b'{"error": "loading"}'), "without a text: loading"),
        (text(None), "it only thought"),
        (text(["x"]), "whose text is none"),
    ],
)
def test_a_fault_that_does_not_pass_is_told_at_once(answer, why):
    with serving(answer) as server, pytest.raises(ServerError, match=why):
        ask(server)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_fault_that_may_pass_is_tried_again(status):
    with serving(failure(status), failure(status), text(GOOD)) as server:
        assert ask(server) == GOOD
    assert len(server.asked) == 3


@pytest.mark.parametrize(("status", "why"), [(429, "too many requests"), (500, "failed with status 500")])
def test_tries_are_limited(status, why):
    with serving(failure(status)) as server, pytest.raises(ServerError, match=why):
        ask(server)
    assert len(server.asked) == 3


def test_a_server_may_say_how_long_to_wait():
    with serving(failure(429, Retry_After="1"), text(GOOD)) as server:
        begin = time.monotonic()
        ask(server)
    assert time.monotonic() - begin >= 1


def test_a_refused_connection_is_told():
    server = ChatServer(f"http://127.0.0.1:{free_port()}", "tiny", waits=(0.0,))
    with pytest.raises(ServerError, match="refuses the connection: is it running"):
        server.reply([Message("user", "hello")], words=50)


def test_a_server_of_another_protocol_is_told():
    def gibberish(handler):
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")

    assert "does not speak HTTP" in problem(gibberish)


def test_https_to_a_server_without_it_is_told():
    with serving(text(GOOD)) as server, pytest.raises(ServerError, match="speaks no https"):
        ChatServer(server.url.replace("http:", "https:"), "tiny", waits=()).reply([Message("user", "x")], words=5)


def test_a_server_that_never_answers_and_one_that_never_ends(monkeypatch):
    assert "did not answer within 0.5 seconds" in problem(endless(b" ", pause=0.05), seconds=0.5)
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 50_000)
    assert "does not end its answer" in problem(endless(b" " * 10_000))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nothing_is_sent_on_to_another_host(status, keyed):
    with serving(text(GOOD)) as other:
        target = f"http://localhost:{other.server_port}/v1/chat/completions"
        line = problem(raw(b"", status=status, Location=target))
        assert f"wants to send the request on to localhost:{other.server_port}, which is refused" in line
        assert other.asked == []


@pytest.fixture
def keyed(monkeypatch):
    """A key for the server of the test, which does not know its port before it runs."""
    monkeypatch.setenv(KEY, SECRET)
    known = "sora_core.language.server.key_for"
    monkeypatch.setattr(known, lambda address: SECRET)


def test_the_key_is_sent_and_shown_in_nothing_that_comes_back(keyed):
    with serving(failure(401, f"the key {SECRET} is wrong")) as server, pytest.raises(ServerError) as caught:
        ask(server)
    assert server.asked[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in json.dumps(server.asked[0].body)
    assert SECRET not in str(caught.value)
    assert "the key that it got is not right" in str(caught.value)
    with serving(text(f"A ball. {SECRET}")) as server:
        assert ask(server) == "A ball. ***"


def test_the_key_goes_only_where_the_environment_says(monkeypatch):
    monkeypatch.setenv(KEY, SECRET)
    with serving(text(GOOD)) as server:
        monkeypatch.setenv(KEY_URL, "http://127.0.0.1:1/v1")
        ask(server)
        monkeypatch.setenv(KEY_URL, server.url)
        ask(server)
    assert ["Authorization" in asked.headers for asked in server.asked] == [False, True]


@pytest.mark.parametrize(("url", "model", "why"), [("", "m", "no server"), ("http://h", " ", "no model was given")])
def test_what_is_missing_is_told_before_anything_is_sent(url, model, why):
    with pytest.raises(ValueError, match=why):
        ChatServer(url, model)


@pytest.mark.parametrize("seconds", [0, -1, 1e10, float("inf"), float("nan")])
def test_a_time_out_is_above_zero_and_at_most_a_day(seconds):
    with pytest.raises(ValueError, match=r"got \S+ seconds for an answer, expected more than 0 and at most 86400"):
        ChatServer("http://h", "m", seconds=seconds)


@pytest.mark.parametrize(
    ("answers", "text_is", "notice"),
    [
        ([GOOD], GOOD, ""),
        (["I'm sorry, I can't help with that.", GOOD], GOOD, ""),
        (["I'm sorry, I can't help with that."], PROMPT, "is a refusal"),
        (["qqq zzz " * 500], PROMPT, "is no text"),
        (["<think>" + "hm " * 5000], PROMPT, "has thoughts and no text"),
    ],
)
def test_a_bad_answer_of_a_real_server_ends_in_the_users_own_prompt(answers, text_is, notice):
    with serving(*map(text, answers)) as server:
        result = ModelExpander(ChatServer(server.url, "tiny"), WAN).expand(PROMPT)
    assert result.text == text_is
    assert notice in result.notice
    assert str(result.backend) == f"server 127.0.0.1:{server.server_port}, tiny"
