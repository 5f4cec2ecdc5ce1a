"""ChatServer: a language model behind any OpenAI-compatible server (Ollama, LM Studio, vLLM, llama.cpp, ...).

Every way in which a server fails is one line that says what to do. The key is in no message, also where the server
echoes it.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

from ..system.polling import Poll, never
from ..system.printable import printable
from ..tensors.foreign_files import parse_json
from .address import KEY, KEY_URL, Address, key_for, parse_address
from .pictures import data_url
from .protocols import Message
from .results import BackEnd
from .transport import Response, TooLargeError, post

SECONDS = 120.0
MOST_SECONDS = 86_400.0  # a day: sockets count no years
WAITS = (1.0, 4.0)  # seconds before each further try
LONGEST_WAIT = 20.0  # that a server may ask for
PASSING = frozenset({429, 500, 502, 503, 504, 529})  # statuses that may be over after a while
TOKENS_PER_WORD, SPARE_TOKENS = 2, 2048  # what is spare is for thoughts
SHOWN = 200  # characters of a server's own message


class ServerError(OSError):
    """A server that does not answer as it should; the message is one line."""


class ChatServer:
    """A LanguageModel at a base URL. seconds: that one answer may take. waits: before each further try."""

    def __init__(self, url: str, model: str, *, seconds: float = SECONDS, waits: Sequence[float] = WAITS) -> None:
        self.address = parse_address(url)
        self.model = (model or "").strip()
        if not self.model:
            raise ValueError(f"no model was given for the server {self.address.name}: name one that it has")
        if not 0 < seconds <= MOST_SECONDS:
            raise ValueError(
                f"got {seconds:g} seconds for an answer, expected more than 0 and at most {MOST_SECONDS:g} (a day)"
            )
        self.seconds, self.waits = seconds, tuple(waits)
        self._key = key_for(self.address)
        self.backend = BackEnd(f"server {self.address.name}", printable(self.model)[:100])

    def reply(self, messages: Sequence[Message], *, words: int, seed: int = 0, poll: Poll = never) -> str:
        """See LanguageModel. Raises ServerError, and ValueError for a request that is too large."""
        body = json.dumps(
            {
                "model": self.model,
                "messages": [_message(each) for each in messages],
                "max_tokens": TOKENS_PER_WORD * words + SPARE_TOKENS,
                "seed": seed,
                "stream": False,
            }
        ).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return self._clean(self._text(self._ask(body, headers, poll)))

    def _ask(self, body: bytes, headers: dict[str, str], poll: Poll) -> Response:
        """Ask until there is an answer, or the tries are used up; only what may pass is tried again."""
        path = f"{self.address.path}/chat/completions"
        for wait in (*self.waits, None):
            try:
                answer = post(self.address, path, body, headers, seconds=self.seconds, poll=poll)
            except TimeoutError:
                raise self._error(
                    f"did not answer within {self.seconds:g} seconds: a smaller model or a longer time-out may help"
                ) from None
            except TooLargeError as error:
                raise self._error(f"does not end its answer: {error}") from None
            except ssl.SSLError as error:
                raise self._error(f"has no valid certificate or speaks no https: {error.reason}") from None
            except (OSError, http.client.HTTPException) as error:
                if wait is None:
                    raise self._error(self._unreachable(error)) from None
            else:
                if wait is None or answer.status not in PASSING:
                    return answer
                wait = max(wait, _seconds(answer.retry_after))
            _pause(wait, poll)
        raise AssertionError("the last try returns or raises")

    def _unreachable(self, error: Exception) -> str:
        if isinstance(error, ConnectionRefusedError):
            return "refuses the connection: is it running, and is the port right?"
        if isinstance(error, http.client.HTTPException):
            return f"does not speak HTTP as it should ({type(error).__name__}): is this the address of an API?"
        reason = getattr(error, "strerror", None) or error or type(error).__name__
        return f"cannot be reached: {reason}"

    def _text(self, answer: Response) -> str:
        """Take the text out of an answer."""
        if 300 <= answer.status < 400:
            raise self._error(_redirected(self.address, answer))
        if answer.status != 200:
            raise self._error(self._refused(answer))
        content = self._json(answer)
        try:
            choice = content["choices"][0]
            text = choice["message"]["content"]
        except (KeyError, IndexError, TypeError):
            raise self._error(f"gave an answer without a text: {self._told(content) or 'no choices'}") from None
        if text is None:
            raise self._error("gave an answer without a text: it only thought, or called a tool")
        if not isinstance(text, str):
            raise self._error("gave an answer whose text is none")
        return text

    def _json(self, answer: Response) -> Any:
        kind = answer.content_type.partition(";")[0].strip().lower()
        try:
            return parse_json(answer.body)
        except (ValueError, RecursionError):
            if kind and "json" not in kind:
                problem = f"answered {printable(kind)[:60]}, expected JSON: the base URL of an API often ends with /v1"
            else:
                problem = "answered with broken JSON"
            raise self._error(problem) from None

    def _refused(self, answer: Response) -> str:
        """Explain a status that is none of success."""
        try:
            told = self._told(parse_json(answer.body))
        except ValueError:
            told = ""
        said = f" ({told})" if told else ""
        if answer.status in (401, 403):
            sent = "the key that it got is not right" if self._key else "it wants a key"
            return f"refuses access, {sent}: set ${KEY}, and ${KEY_URL} to this server's address{said}"
        if answer.status == 404:
            return f"has no model {self.model!r}, or no API under {self.address.path}{said}"
        if answer.status in (400, 413, 422):
            return f"does not take the request: the model may see no pictures, or too many{said}"
        if answer.status == 429:
            return f"has too many requests, also after {len(self.waits)} more tries: wait a while{said}"
        return f"failed with status {answer.status}{said}"

    def _told(self, content: Any) -> str:
        """Return what a server says of an error, short, in one line."""
        error = content.get("error", content.get("message", "")) if isinstance(content, dict) else ""
        if isinstance(error, dict):
            error = error.get("message", "")
        return self._clean(" ".join(printable(str(error or "")).split()))[:SHOWN]

    def _error(self, problem: str) -> ServerError:
        return ServerError(f"the server {self.address.name} {self._clean(problem)}")

    def _clean(self, text: str) -> str:
        """Take the key out of a text of the server's."""
        return text.replace(self._key, "***") if self._key else text


def _message(message: Message) -> dict[str, Any]:
    if not message.pictures:
        return {"role": message.role, "content": message.text}
    pictures = [{"type": "image_url", "image_url": {"url": data_url(each)}} for each in message.pictures]
    return {"role": message.role, "content": [*pictures, {"type": "text", "text": message.text}]}


def _redirected(address: Address, answer: Response) -> str:
    target = urljoin(f"{address.scheme}://{address.name}{address.path}/", answer.location)
    try:
        other = parse_address(target.partition("?")[0]).name
    except ValueError:
        other = "no address"
    return f"wants to send the request on to {other}, which is refused: give that server's address if you trust it"


def _seconds(text: str) -> float:
    """Read the seconds of Retry-After, at most LONGEST_WAIT; 0 for none or a date."""
    return min(float(text), LONGEST_WAIT) if text.strip().isdecimal() else 0.0


def _pause(seconds: float, poll: Poll) -> None:
    end = time.monotonic() + seconds
    while (rest := end - time.monotonic()) > 0:
        poll()
        time.sleep(min(rest, 0.25))
    poll()
