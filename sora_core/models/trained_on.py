"""TrainedOn: what a model saw in training, and notices for a request that is far from it.

A small model makes a video of any prompt and size, but only of what it has learnt. Its files say what that is, in the
metadata: the text encoder's the words, the DiT's the sizes and the number of frames. Of foreign files nothing is known
and nothing is said.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..canvas.shapes import Compression, LatentShape, VideoShape
from ..tensors.foreign_files import parse_json
from ..tensors.foreign_text import shown

WORDS, EXAMPLES, SIZES, FRAMES = "sora_words", "sora_examples", "sora_sizes", "sora_frames"  # keys of the metadata
EXAMPLE_COUNT, EXAMPLE_LENGTH = 2, range(7, 15)  # how many captions to show, and how many words each may have
LONGEST_NOTICE = 59  # letters
LONGEST = 200  # letters of a caption in a notice
LARGEST = 2**20  # side or number of frames
FAR = 1.5  # factor of a side, or of the number of frames


@dataclass(frozen=True)
class TrainedOn:
    """What a model saw in training; a field that is empty or 0 is not known.

    words: lower-case words of its captions.
    examples: a few of these captions.
    sizes: (width, height) of its clips in pixels.
    frames: of its longest clips.
    compression: of the VAE that the sizes and frames are meant for.
    """

    words: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    frames: int = 0
    compression: Compression = field(default_factory=Compression)

    @classmethod
    def of_metadata(
        cls, dit: Mapping[str, str], text_encoder: Mapping[str, str], *, compression: Compression
    ) -> TrainedOn:
        """Read the metadata of a model's files, as words_metadata and clips_metadata write it.

        compression: see TrainedOn.

        Raises ValueError for any other.
        """
        try:
            return cls(
                frozenset(map(str, parse_json(text_encoder.get(WORDS, "[]")))),
                tuple(_example(text) for text in parse_json(text_encoder.get(EXAMPLES, "[]"))[:EXAMPLE_COUNT]),
                tuple((_count(width), _count(height)) for width, height in parse_json(dit.get(SIZES, "[]"))),
                _count(dit.get(FRAMES, 1)) if FRAMES in dit else 0,
                compression,
            )
        except (TypeError, ValueError, OverflowError, KeyError) as error:
            raise ValueError(f"{', '.join((WORDS, EXAMPLES, SIZES, FRAMES))} cannot be read: {error}") from error

    def prompt_notices(self, prompt: str) -> list[str]:
        """The notices for a prompt with words that no caption had; none where there are none, or none are known."""
        unknown = [word for word in dict.fromkeys(words_of(prompt)) if word not in self.words | FUNCTION_WORDS]
        if not self.words or not unknown:
            return []
        examples = [f'It knows "{example}".' for example in self.examples]
        return [_named(unknown), *[text for text in examples if len(text) <= LONGEST_NOTICE][:1]]

    def clip_notices(self, shape: LatentShape, *, frames_at_once: int) -> list[str]:
        """The notices for a clip of this shape: one for its size and one for its length, where they are far off.

        frames_at_once: the most latent frames that the model sees at once, in a window or the whole clip.
        """
        return [text for text in (self._size_notice(shape), self._length_notice(frames_at_once)) if text]

    def _size_notice(self, shape: LatentShape) -> str:
        video = self.compression.to_video(shape)
        if not self.sizes or min(_factor(video, size) for size in self.sizes) <= FAR:
            return ""
        width, height = min(self.sizes, key=lambda size: _factor(video, size))
        return f"{video.width}x{video.height} is far from {width}x{height}, its training size."

    def _length_notice(self, frames_at_once: int) -> str:
        frames = self.compression.video_frames(frames_at_once)
        if not self.frames or frames <= FAR * self.frames:
            return ""
        return f"{frames} frames at once, trained on {self.frames}: use windows."


UNKNOWN = TrainedOn()
"""Of a model of which nothing is known."""


def words_of(text: str) -> list[str]:
    """Split a text into its words, in lower case; digits and punctuation separate them."""
    return re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", text).lower())


FUNCTION_WORDS = frozenset(
    words_of("a an the this that these those there is are was were be been being it its of and or as with which who")
)
"""Words that show nothing: a prompt loses nothing where a model never learnt them."""


def words_metadata(captions: Sequence[str]) -> dict[str, str]:
    """Return the metadata of a text encoder that was trained on these captions: their words, and a few of them."""
    words = sorted({word for caption in captions for word in words_of(caption)})
    return {WORDS: json.dumps(words), EXAMPLES: json.dumps(_examples(captions))}


def clips_metadata(clips: Iterable[VideoShape]) -> dict[str, str]:
    """Return the metadata of a DiT that was trained on clips of these shapes: their sizes, and the most frames."""
    shapes = list(clips)
    sizes = list(dict.fromkeys((shape.width, shape.height) for shape in shapes))
    return {SIZES: json.dumps(sizes), FRAMES: str(max(shape.frames for shape in shapes))}


def _examples(captions: Sequence[str]) -> list[str]:
    """Choose captions of a readable length from evenly spaced parts, which may be of different domains."""
    found = []
    for part in range(EXAMPLE_COUNT):
        start, end = (len(captions) * edge // EXAMPLE_COUNT for edge in (part, part + 1))
        found += [text for text in captions[start:end] if len(text.split()) in EXAMPLE_LENGTH][:1]
    return [text.rstrip(".") for text in found]


def _example(text: Any) -> str:
    """Check a caption of the metadata; returns it cut off where it is long."""
    if not isinstance(text, str):
        raise ValueError(f"got the example {shown(text)}, expected a text")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _count(value: Any) -> int:
    """Check a side or a number of frames of the metadata."""
    number = int(value)
    if not 1 <= number <= LARGEST:
        raise ValueError(f"got {shown(value)}, expected 1 to {LARGEST}")
    return number


def _factor(video: VideoShape, size: tuple[int, int]) -> float:
    """The larger of the factors between the sides of a clip and those of a (width, height)."""
    return max(max(got, own) / min(got, own) for got, own in zip((video.width, video.height), size, strict=True))


def _named(words: list[str]) -> str:
    """The notice with as many of these words as it has room for."""
    for count in range(len(words), 0, -1):
        more = f" and {len(words) - count} more" if count < len(words) else ""
        text = f"Not learnt: {', '.join(words[:count])}{more}."
        if len(text) <= LONGEST_NOTICE:
            return text
    return f"Not learnt: {len(words)} word{'s' if len(words) > 1 else ''} of this prompt."
