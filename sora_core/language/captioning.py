"""Describes a video with any language model that sees pictures: a few frames in their order, and one repair round."""

from __future__ import annotations

from ..system.polling import Poll, never
from .film import Frames
from .free_text import FreeTextReader
from .pictures import MOST_FRAMES, sample_pictures
from .protocols import SYSTEM, USER, FactReader, LanguageModel, Message
from .repair import AnswerError, repaired
from .results import Caption
from .system_texts import Family, caption_instructions

ROUNDS = 2


class ModelCaptioner:
    """A Captioner over a language model that sees pictures. pictures: how many frames it gets at most."""

    def __init__(
        self,
        model: LanguageModel,
        family: Family,
        *,
        pictures: int = MOST_FRAMES,
        reader: FactReader | None = None,
    ) -> None:
        self.model, self.family, self.pictures = model, family, pictures
        self.reader = FreeTextReader() if reader is None else reader

    def describe(self, frames: Frames, fps: float, *, seed: int = 0, poll: Poll = never) -> Caption:
        """See Captioner. Raises AnswerError where no answer is one: there is no other text to return."""
        shown, system = sample_pictures(frames, fps, most=self.pictures), caption_instructions(self.family)
        times = ", ".join(f"{time:.2f}" for time in shown.times)
        messages = [Message(SYSTEM, system), Message(USER, f"The frames are at {times} seconds.", shown.pictures)]
        for attempt in range(ROUNDS):
            answer = self.model.reply(messages, words=self.family.most_words, seed=seed + attempt, poll=poll)
            try:
                text = repaired(answer, most_words=self.family.most_words, instructions=system)
            except AnswerError as error:
                problem = str(error)
            else:
                return Caption(text, self.model.backend, self.reader.facts(text))
        raise AnswerError(f"{self.model.backend} gave no description: the answer {problem}, also when asked again")
