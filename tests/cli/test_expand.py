"""The command that expands prompts: the text alone on stdout, an error in one line, nothing sent unasked."""

from __future__ import annotations

import socket

import pytest

from chat_server import failure, serving, text
from sora_core.cli.generate import main

GOOD = "Two glossy red balls roll left over a wooden floor in warm morning light."


def test_a_prompt_of_nanos_world_is_expanded_without_any_connection(capsys, monkeypatch):
    def refuse(*given, **options):
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert main(["expand", "blu squre", "--seed", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "blue square" in out
    assert "by the grammar of nano's world, 2" in err
    assert "notice: read 'blu' as 'blue'" in err
    assert "kept colour of object 1: blue" in err
    assert "added speed of object 1:" in err


def test_a_server_expands_for_any_family(capsys):
    with serving(text(GOOD)) as server:
        given = ["expand", "two red balls roll left", "--llm-url", server.url, "--llm-model", "tiny", "--family", "ltx"]
        assert main(given) == 0
    assert capsys.readouterr().out == f"{GOOD}\n"
    assert "LTX-2" in server.asked[0].body["messages"][0]["content"]


def test_a_prompt_that_could_not_be_expanded_comes_back_with_the_reason(capsys):
    with serving(text("I'm sorry, I can't.")) as server:
        assert main(["expand", "a dog", "--llm-url", server.url, "--llm-model", "tiny"]) == 0
    out, err = capsys.readouterr()
    assert out == "a dog\n"
    assert "notice: the prompt is used as it is: the answer is a refusal" in err
    assert "kept" not in err


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["a dragon"], "nano's world has no 'dragon'"),
        ([""], "the prompt is empty"),
        (["a dog", "--family", "wan"], "give --llm-url and --llm-model"),
        (["a dog", "--llm-model", "tiny"], "--llm-model needs --llm-url"),
        (["a dog", "--llm-url", "localhost:1", "--llm-model", "tiny"], "expected an http or https address"),
        (["a dog", "--llm-url", "http://localhost:1"], "no model was given"),
        (
            ["a dog", "--llm-url", "http://a..b/v1", "--llm-model", "m"],
            "'http://a..b/v1': no server can have this name",
        ),
        (["a dog", "--llm-url", "http://h", "--llm-model", "m", "--llm-seconds", "1e10"], "at most 86400 (a day)"),
        (["a dog", "--llm-url", "http://h", "--llm-model", "m", "--llm-seconds", "inf"], "at most 86400 (a day)"),
        (["a dog", "--llm-url", "http://localhost:1", "--llm-model", "m", "--family", "sdxl"], "got the model family"),
    ],
)
def test_what_is_wrong_is_one_line(given, why, capsys):
    assert main(["expand", *given]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert why in err
    assert err.count("\n") == 1


def test_a_server_that_fails_is_one_line(capsys):
    with serving(failure(404, "model 'tiny' not found")) as server:
        assert main(["expand", "a dog", "--llm-url", server.url, "--llm-model", "tiny"]) == 2
    assert "has no model 'tiny'" in capsys.readouterr().err
