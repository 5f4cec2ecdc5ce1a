"""The language model that the inputs of a node choose: a CLIP that writes text, or a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from comfy_api.latest import io

from ...sora_core.language import LanguageModel
from ...sora_core.language.server import ChatServer
from .. import host
from ..host.values import Clip


def server_inputs(model: str) -> list[Any]:
    """A server and its model. model: the tooltip of which one it has to be."""
    return [
        io.String.Input(
            "server_url",
            default="",
            tooltip="Base URL of an OpenAI-compatible server, such as http://localhost:11434/v1 for Ollama. Nothing is "
            "sent anywhere while it is empty.",
        ),
        io.String.Input("server_model", default="", tooltip=model),
    ]


def unload_input() -> Any:
    """Whether a CLIP that wrote leaves the memory, see unloading."""
    return io.Boolean.Input(
        "unload",
        default=False,
        optional=True,
        advanced=True,
        tooltip="Take the language model of clip out of memory afterwards.",
    )


@contextmanager
def unloading(clip: Clip | None, wanted: bool) -> Iterator[None]:
    """Take a CLIP out of memory after the block, where that is wanted."""
    try:
        yield
    finally:
        if wanted and clip is not None:
            host.current().unload(clip)


def chosen_model(url: str, name: str, clip: Clip | None, *, pictures: bool) -> LanguageModel | None:
    """Return the language model of the inputs; None for none. pictures: whether it has to see any.

    Raises ValueError for two of them, and for one that cannot be used.
    """
    if clip is not None and url.strip():
        raise ValueError("got both clip and server_url: disconnect clip, or leave server_url empty")
    if clip is not None:
        return host.current().language_model(clip, pictures=pictures)
    return ChatServer(url, name) if url.strip() else None
