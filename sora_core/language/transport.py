"""One request to a server over HTTP: bounded in size and time, interruptible, and never led to another server.

http.client follows no redirects and reads no proxy from the environment: what is sent goes to the given host alone.
"""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import ssl
import threading
import time
from typing import NamedTuple

from ..system.polling import Poll, never
from .address import Address

LARGEST_ANSWER = 4_000_000  # bytes
LARGEST_REQUEST = 40_000_000
POLL_SECONDS = 0.25
CONNECT_SECONDS = 10.0


class Response(NamedTuple):
    """An answer. retry_after: seconds that the server asks to wait, "" if it does not. location: of a redirect."""

    status: int
    content_type: str
    body: bytes
    retry_after: str = ""
    location: str = ""


class TooLargeError(OSError):
    """An answer that does not end within LARGEST_ANSWER."""


def post(
    address: Address, path: str, body: bytes, headers: dict[str, str], *, seconds: float, poll: Poll = never
) -> Response:
    """Send a request and wait for the whole answer, calling `poll` several times a second.

    Raises TimeoutError after so many seconds, TooLargeError, OSError and HTTPException as http.client does.
    """
    if len(body) > LARGEST_REQUEST:
        raise ValueError(
            f"the request has {len(body):,} bytes, expected at most {LARGEST_REQUEST:,}: send fewer frames"
        )
    exchange = _Exchange(address, path, body, headers, seconds)
    end = time.monotonic() + seconds
    try:
        exchange.start()
        while True:
            poll()
            try:
                found = exchange.outcome.get(timeout=POLL_SECONDS)
                break
            except queue.Empty:
                if time.monotonic() > end:
                    raise TimeoutError(f"no whole answer within {seconds:g} seconds") from None
    finally:
        exchange.hang_up()
    if isinstance(found, Exception):
        raise found
    return found


class _Exchange(threading.Thread):
    """The exchange in a thread of its own: a read in the caller's could not be interrupted within a second.

    A daemon, so that a name server that hangs cannot keep the program from ending.
    """

    def __init__(self, address: Address, path: str, body: bytes, headers: dict[str, str], seconds: float) -> None:
        super().__init__(daemon=True)
        self.outcome: queue.SimpleQueue[Response | Exception] = queue.SimpleQueue()
        self._connection = _connection(address, min(seconds, CONNECT_SECONDS))
        self._path, self._body, self._headers, self._seconds = path, body, headers, seconds
        self._socket: socket.socket | None = None

    def run(self) -> None:
        """Put down the answer, or what went wrong."""
        try:
            self.outcome.put(self._answer())
        except Exception as error:  # raised where the answer is waited for
            self.outcome.put(error)
        finally:
            self._connection.close()

    def _answer(self) -> Response:
        connection = self._connection
        try:
            connection.connect()
        except TimeoutError:
            raise ConnectionError(f"no connection within {CONNECT_SECONDS:g} seconds") from None
        self._socket = connection.sock
        connection.sock.settimeout(self._seconds)
        connection.request("POST", self._path, body=self._body, headers=self._headers)
        with connection.getresponse() as answer:
            content = answer.read(LARGEST_ANSWER + 1)
            if len(content) > LARGEST_ANSWER:
                raise TooLargeError(f"the answer has more than {LARGEST_ANSWER:,} bytes")
            told = [answer.getheader(name) or "" for name in ("Content-Type", "Retry-After", "Location")]
        return Response(answer.status, told[0], content, told[1], told[2])

    def hang_up(self) -> None:
        """End the exchange if it still runs; the thread then ends too."""
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already
                self._socket.shutdown(socket.SHUT_RDWR)


def _connection(address: Address, seconds: float) -> http.client.HTTPConnection:
    if address.scheme == "https":
        return http.client.HTTPSConnection(
            address.host, address.port, timeout=seconds, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(address.host, address.port, timeout=seconds)
