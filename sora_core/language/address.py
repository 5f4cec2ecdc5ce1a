"""The address of a server that the user gave, and the key that may go to it.

The key comes from the environment alone, and only goes to the server that the environment names: the address in a
workflow of a stranger must not collect it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from ..system.printable import has_control, printable

KEY, KEY_URL = "SORA_LLM_KEY", "SORA_LLM_URL"  # variables of the environment
PORTS = {"http": 80, "https": 443}
EXAMPLE = "such as http://localhost:11434/v1 (Ollama) or http://localhost:1234/v1 (LM Studio)"


class Address(NamedTuple):
    """A server. path: of the API, such as /v1, without a slash at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be equal for two addresses to belong to one server."""
        return self.scheme, self.host, self.port

    @property
    def name(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(url: str) -> Address:
    """Read the base URL of an OpenAI-compatible API; raises ValueError in one line for anything else."""
    url = (url or "").strip()
    if not url:
        raise ValueError(f"no server was given: give the base URL of an OpenAI-compatible server, {EXAMPLE}")
    shown = printable(url.partition("@")[2] if "@" in url else url)[:100]  # what stands before @ is a password
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"got the address {shown!r}: {error}; expected one {EXAMPLE}") from None
    if parts.scheme not in PORTS or not host or has_control(url) or " " in url:
        raise ValueError(f"got the address {shown!r}, expected an http or https address {EXAMPLE}")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"the address of {shown!r} has a user or a password: put the key into ${KEY} instead")
    if parts.query or parts.fragment:
        raise ValueError(f"got the address {shown.partition('?')[0]!r} with a ? or # part, expected one {EXAMPLE}")
    try:
        host.encode("idna")  # as the socket does
    except UnicodeError:
        raise ValueError(
            f"got the address {shown!r}: no server can have this name; expected 1 to 63 letters between dots, {EXAMPLE}"
        ) from None
    path = quote(parts.path, safe="/%:~").rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return Address(parts.scheme, host, PORTS[parts.scheme] if port is None else port, path or "/v1")


def key_for(address: Address, environment: Mapping[str, str] = os.environ) -> str:
    """Return the key of the environment if it is meant for this server, else "".

    Raises ValueError for a key that no header can have, without showing it.
    """
    key, url = environment.get(KEY, "").strip(), environment.get(KEY_URL, "").strip()
    if not key or not url:
        return ""
    try:
        named = parse_address(url)
    except ValueError as error:
        raise ValueError(f"${KEY_URL}: {error}") from None
    if named.origin != address.origin:
        return ""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(f"the key in ${KEY} has characters that no key has: copy it again")
    return key
