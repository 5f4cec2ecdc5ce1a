"""The borders of this package: expanders, captioners, readers of facts, and the language models behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch

from ..system.polling import Poll, never
from .facts import Fact
from .film import Frames
from .results import BackEnd, Caption, Expansion


class Expander(Protocol):
    """Makes a detailed prompt of a short one."""

    def expand(self, prompt: str, *, seed: int = 0, poll: Poll = never) -> Expansion:
        """Expand a prompt; the same seed gives the same text where the back end allows it.

        Raises ValueError for a prompt that cannot be one, and OSError for a back end that is not there.
        """


class Captioner(Protocol):
    """Describes videos."""

    def describe(self, frames: Frames, fps: float, *, seed: int = 0, poll: Poll = never) -> Caption:
        """Describe frames, uint8 RGB [F H W 3] or a Film. Raises as Expander.expand does."""


class FactReader(Protocol):
    """Reads the facts of a text, as far as it can."""

    def facts(self, text: str) -> tuple[Fact, ...]:
        """Return the facts, in the order of the text."""


class Message(NamedTuple):
    """One message to a language model. role: as chat servers name it. pictures: uint8 RGB [H W 3], of one size."""

    role: str
    text: str
    pictures: tuple[torch.Tensor, ...] = ()


SYSTEM, USER, ASSISTANT = "system", "user", "assistant"


class LanguageModel(Protocol):
    """Anything that answers a conversation."""

    backend: BackEnd

    def reply(self, messages: Sequence[Message], *, words: int, seed: int = 0, poll: Poll = never) -> str:
        """Answer the last message, in about so many words at most. Raises OSError or ValueError in one line."""
