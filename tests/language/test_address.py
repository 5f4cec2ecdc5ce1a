"""Addresses of servers, and to which of them the key goes."""

from __future__ import annotations

import pytest

from sora_core.language.address import KEY, KEY_URL, key_for, parse_address

SECRET = "sk-secret-123"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:11434", ("http", "localhost", 11434, "/v1")),
        (" http://localhost:1234/v1/ ", ("http", "localhost", 1234, "/v1")),
        ("https://api.example.com/openai/v1/chat/completions", ("https", "api.example.com", 443, "/openai/v1")),
        ("http://[::1]:8080/v1", ("http", "::1", 8080, "/v1")),
    ],
)
def test_base_urls_of_all_kinds_are_read(url, expected):
    assert parse_address(url) == expected


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "no server was given"),
        ("localhost:11434", "expected an http or https address"),
        ("file:///etc/passwd", "expected an http or https address"),
        ("http://", "expected an http or https address"),
        ("http://host:99999/", "expected one such as"),
        ("http://a b/", "expected an http or https address"),
        ("http://a..b/v1", "'http://a..b/v1': no server can have this name"),
        (f"http://{'a' * 64}.com/v1", "no server can have this name"),
        ("http://\u00e4..b/v1", "no server can have this name"),
        ("http://host/v1?key=1", "with a \\? or # part"),
        (f"http://me:{SECRET}@host/v1", "put the key into"),
    ],
)
def test_anything_else_is_one_line_without_secrets(url, why):
    with pytest.raises(ValueError, match=why) as caught:
        parse_address(url)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_the_key_goes_to_the_server_that_the_environment_names_and_to_no_other():
    environment = {KEY: SECRET, KEY_URL: "https://api.example.com/v1"}
    assert key_for(parse_address("https://api.example.com/other"), environment) == SECRET
    for url in ("https://evil.example.com/v1", "http://api.example.com/v1", "https://api.example.com:8443/v1"):
        assert key_for(parse_address(url), environment) == ""
    assert key_for(parse_address("https://api.example.com/v1"), {KEY: SECRET}) == ""
    assert key_for(parse_address("https://api.example.com/v1"), {}) == ""


def test_a_key_that_no_header_can_have_is_refused_without_showing_it():
    with pytest.raises(ValueError, match="copy it again") as caught:
        key_for(parse_address("http://h"), {KEY: f"{SECRET}\nX: y", KEY_URL: "http://h"})
    assert SECRET not in str(caught.value)


def test_a_broken_address_in_the_environment_is_named():
    with pytest.raises(ValueError, match=KEY_URL):
        key_for(parse_address("http://h"), {KEY: SECRET, KEY_URL: "h:1"})
