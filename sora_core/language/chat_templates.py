"""Chat templates of language models that run in a host, which knows their tokens but not how they converse.

Families are told apart by the names of ComfyUI's classes. Thinking is off where the family allows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .protocols import ASSISTANT, SYSTEM, Message

MARK = re.compile(
    r"<\|[^<>|\n]{1,40}\|?>|<[^<>|\n]{1,40}\|>|<(?:start|end)_of_(?:turn|image)>|<image_soft_token>|</?think>|"
    r"\[/?(?:INST|SYSTEM_PROMPT|IMG)\]|</?s>|<(?:bos|eos|pad)>"
)
"""Marks of any template, which the text of a message must not have"""


class Turn(NamedTuple):
    """What stands around the text of one message."""

    before: str
    after: str


@dataclass(frozen=True)
class ChatTemplate:
    """How a family writes a conversation.

    system: None if the first user's turn begins with the system text. opening: of the answer. ends: marks that end it.
    picture: stands for one picture, or for all of them if they go in `together`. square: whether the host would crop
    pictures to squares.
    """

    system: Turn | None
    user: Turn
    assistant: Turn
    opening: str
    ends: tuple[str, ...]
    picture: str = ""
    together: bool = False
    square: bool = False

    def text(self, messages: Sequence[Message]) -> str:
        """Write a conversation, up to where the answer begins."""
        written, system = "", ""
        for message in messages:
            text = MARK.sub("", message.text)
            if message.role == SYSTEM and self.system is None:
                system = f"{text}\n\n"
                continue
            turn = {SYSTEM: self.system, ASSISTANT: self.assistant}.get(message.role) or self.user
            count = min(len(message.pictures), 1) if self.together else len(message.pictures)
            written += f"{turn.before}{system}{self.picture * count}{text}{turn.after}"
            system = ""
        return written + self.opening

    def answer(self, text: str) -> str:
        """Cut a decoded answer at the first mark that ends it."""
        return min((text.partition(end)[0] for end in self.ends), key=len)


def _chatml(closed_thought: str) -> ChatTemplate:
    system, user, assistant = (
        Turn(f"<|im_start|>{name}\n", "<|im_end|>\n") for name in ("system", "user", "assistant")
    )
    return ChatTemplate(
        system,
        user,
        assistant,
        opening=assistant.before + closed_thought,
        ends=("<|im_end|>", "<|endoftext|>"),
        picture="<|vision_start|><|image_pad|><|vision_end|>",
    )


def _gemma4(closed_thought: str) -> ChatTemplate:
    system, user, model = (Turn(f"<|turn>{name}\n", "<turn|>\n") for name in ("system", "user", "model"))
    return ChatTemplate(
        system,
        user,
        model,
        opening=model.before + closed_thought,
        ends=("<turn|>", "<eos>"),
        picture="\n\n<|image><|image|><image|>\n\n",
    )


QWEN25, QWEN3, QWEN35 = _chatml(""), _chatml("<think>\n\n</think>\n\n"), _chatml("<think>\n</think>\n")
GEMMA = ChatTemplate(
    None,
    Turn("<start_of_turn>user\n", "<end_of_turn>\n"),
    Turn("<start_of_turn>model\n", "<end_of_turn>\n"),
    opening="<start_of_turn>model\n",
    ends=("<end_of_turn>", "<eos>"),
    picture="\n\n<image_soft_token>\n\n",
    together=True,
    square=True,
)
GEMMA4, GEMMA4_CLOSED = _gemma4(""), _gemma4("<|channel>thought\n<channel|>")
MISTRAL = ChatTemplate(
    Turn("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"), Turn("[INST]", "[/INST]"), Turn("", "</s>"), opening="", ends=("</s>",)
)
FAMILIES = {
    "Qwen25": QWEN25,
    "Qwen35": QWEN35,
    "Qwen3": QWEN3,
    "Gemma4": GEMMA4,
    "Gemma": GEMMA,
    "Ministral": MISTRAL,
}
"""Templates by the beginning of a class's name; the first that fits counts"""


def template_of(names: Iterable[str], *, closes_thought: bool = False) -> ChatTemplate | None:
    """Return the template of a network by the names of its class and base classes; None for an unknown family.

    closes_thought: whether the tokenizer says that its Gemma 4 needs a closed thought so as not to think.
    """
    fits = (template for name in names for begin, template in FAMILIES.items() if name.startswith(begin))
    found = next(fits, None)
    return GEMMA4_CLOSED if found is GEMMA4 and closes_thought else found
