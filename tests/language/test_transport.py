"""One request: bounded in size and time, interruptible, never led elsewhere."""

from __future__ import annotations

import threading
import time

import pytest

from chat_server import endless, raw, serving, text
from sora_core.language import transport
from sora_core.language.address import parse_address
from sora_core.language.transport import TooLargeError, post


def sent(server, *, seconds=20.0, poll=lambda: None):
    return post(parse_address(server.url), "/v1/x", b"{}", {"X-Test": "1"}, seconds=seconds, poll=poll)


def test_an_answer_comes_whole():
    with serving(raw(b'{"a": 1}', status=418, Retry_After="3", Location="http://x/")) as server:
        assert sent(server) == (418, "application/json", b'{"a": 1}', "3", "http://x/")
    assert server.asked[0].headers["X-Test"] == "1"


def test_an_answer_without_end_is_cut_off(monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 100_000)
    with serving(endless(b"x" * 10_000)) as server, pytest.raises(TooLargeError, match="more than 100,000 bytes"):
        sent(server)


def test_an_answer_that_drips_ends_with_the_time():
    begin = time.monotonic()
    with serving(endless(b" ", pause=0.05)) as server, pytest.raises(TimeoutError):
        sent(server, seconds=0.6)
    assert time.monotonic() - begin < 5


def test_an_interrupt_ends_the_wait_within_a_second_and_leaves_no_thread():
    class InterruptError(Exception):
        pass

    begin = time.monotonic()

    def poll():
        if time.monotonic() - begin > 0.4:
            raise InterruptError

    before = threading.active_count()
    with serving(endless(b" ", pause=0.05)) as server:
        with pytest.raises(InterruptError):
            sent(server, poll=poll)
        assert time.monotonic() - begin < 2
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_poll_is_called_before_anything_is_sent():
    def poll():
        raise KeyboardInterrupt

    with serving(text("x")) as server, pytest.raises(KeyboardInterrupt):
        sent(server, poll=poll)


def test_a_request_that_is_too_large_is_refused_before_it_is_sent(monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_REQUEST", 1)
    with serving(text("x")) as server, pytest.raises(ValueError, match="send fewer frames"):
        sent(server)
    assert server.asked == []
