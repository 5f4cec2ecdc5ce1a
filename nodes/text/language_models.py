"""The language model that the inputs of a node choose: a CLIP that writes text, or a server."""

from __future__ import annotations

from ...sora_core.language import LanguageModel
from ...sora_core.language.server import ChatServer
from .. import host
from ..host.values import Clip


def chosen_model(url: str, name: str, clip: Clip | None, *, pictures: bool) -> LanguageModel | None:
    """Return the language model of the inputs; None for none. pictures: whether it has to see any.

    Raises ValueError for two of them, and for one that cannot be used.
    """
    if clip is not None and url.strip():
        raise ValueError("got both clip and server_url: disconnect clip, or leave server_url empty")
    if clip is not None:
        return host.current().language_model(clip, pictures=pictures)
    return ChatServer(url, name) if url.strip() else None
