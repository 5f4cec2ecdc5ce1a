"""Expands a prompt with any language model: asks, repairs, checks the user's facts, asks once more, or gives up.

Giving up returns the user's own prompt with a notice: what the user asked for is never changed in silence.
"""

from __future__ import annotations

import re

import torch

from ..system.polling import Poll, never
from .facts import Check, Fact, compare
from .free_text import FreeTextReader, unchecked
from .protocols import ASSISTANT, SYSTEM, USER, FactReader, LanguageModel, Message
from .repair import AnswerError, repaired
from .results import Expansion
from .system_texts import Family

LONGEST_PROMPT = 4000  # characters
ROUNDS = 2  # the question, and one repair
MOST_NAMED = 6  # facts in a notice
SHOWN = 1500  # characters of a bad answer that are sent back with the question to repair it


class ModelExpander:
    """An Expander over a language model.

    family: of the video model, which says how long and in which order its captions were. pictures: the first frame, for
    image to video, uint8 RGB [H W 3]. reader: of the facts to keep.
    """

    def __init__(
        self,
        model: LanguageModel,
        family: Family,
        *,
        pictures: tuple[torch.Tensor, ...] = (),
        reader: FactReader | None = None,
    ) -> None:
        self.model, self.family, self.pictures = model, family, pictures
        self.reader = FreeTextReader() if reader is None else reader

    def expand(self, prompt: str, *, seed: int = 0, poll: Poll = never) -> Expansion:
        """See Expander."""
        prompt = check_prompt(prompt)
        asked, system = self.reader.facts(prompt), self.family.instructions(animated=bool(self.pictures))
        messages = [Message(SYSTEM, system), Message(USER, marked(prompt), self.pictures)]
        problem = ""
        for attempt in range(ROUNDS):
            answer = self.model.reply(messages, words=self.family.most_words, seed=seed + attempt, poll=poll)
            try:
                text = repaired(answer, most_words=self.family.most_words, instructions=system, prompt=prompt)
            except AnswerError as error:
                problem = f"the answer {error}"
            else:
                check = compare(asked, self.reader.facts(text))
                if check.faithful:
                    return Expansion(text, prompt, self.model.backend, check, unchecked(prompt))
                problem = f"the answer lost what the prompt says ({named((*check.lost, *check.contradicted))})"
            messages = [*messages[:2], Message(ASSISTANT, answer[:SHOWN]), Message(USER, _again(problem))]
        notice = f"the prompt is used as it is: {problem}, also when asked again ({self.model.backend})"
        return Expansion(prompt, prompt, self.model.backend, Check(kept=asked), notice)


def check_prompt(prompt: str) -> str:
    """Return a prompt without space around it; raises ValueError for an empty one and for a book."""
    if not isinstance(prompt, str) or not prompt.strip():
        raise ValueError("the prompt is empty: say in a sentence what the video shows")
    if len(prompt) > LONGEST_PROMPT:
        raise ValueError(
            f"the prompt has {len(prompt):,} characters, expected at most {LONGEST_PROMPT:,}: say in a few sentences "
            "what the video shows"
        )
    return prompt.strip()


def marked(prompt: str) -> str:
    """Put marks around a prompt, which the system text says is never an instruction."""
    return f"<prompt>\n{re.sub(r'</?prompt>', '', prompt, flags=re.I)}\n</prompt>"


def named(facts: tuple[Fact, ...]) -> str:
    """Name a few facts in one line."""
    more = f" and {len(facts) - MOST_NAMED} more" if len(facts) > MOST_NAMED else ""
    return ", ".join(map(str, facts[:MOST_NAMED])) + more


def _again(problem: str) -> str:
    return (
        f"That cannot be used: {problem}. Write it again: only the text itself, in English, with every word, number, "
        "colour, direction and quotation of the prompt, and nothing that contradicts it."
    )
