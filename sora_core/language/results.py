"""What expanders and captioners return: the text, where it comes from, and what became of the user's facts."""

from __future__ import annotations

from dataclasses import dataclass, field

from .facts import Check, Fact


@dataclass(frozen=True)
class BackEnd:
    """What wrote a text. name: such as `server localhost:11434`. version: of its model or grammar."""

    name: str
    version: str

    def __str__(self) -> str:
        """Name and version in one."""
        return f"{self.name}, {self.version}"


@dataclass(frozen=True)
class Expansion:
    """An expanded prompt, or the prompt itself where expansion failed; the notice then says why.

    text: what to sample with. prompt: what the user wrote. check: of the facts that could be read, see FactReader.
    notice: for the user, in one line; "" where there is nothing to say.
    """

    text: str
    prompt: str
    backend: BackEnd
    check: Check = field(default_factory=Check)
    notice: str = ""

    @property
    def expanded(self) -> bool:
        """Whether the text is another one than the prompt."""
        return self.text != self.prompt


@dataclass(frozen=True)
class Caption:
    """A description of a video. facts: those that could be read of the text. notice: as in Expansion."""

    text: str
    backend: BackEnd
    facts: tuple[Fact, ...] = ()
    notice: str = ""
