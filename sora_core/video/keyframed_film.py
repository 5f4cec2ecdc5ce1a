"""KeyframedFilm: a made video in which the pictures and clips that it was made from stand as they were.

Between them the made frames are fitted to their size and colours. Nothing is held: clips may be files of any length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch

from .film_joining import Take
from .geometry import cover, enlarged, keeps_edges, middle_size, of_picture, stretched
from .joining import ColourMatch
from .sound import Sound
from .source_clip import SourceClip
from .timeline import Timeline, exact_rate, frames_in

SAMPLED = 32  # frames of a keyframe, at most, that colours are compared over


@dataclass(frozen=True)
class Keyframe:
    """A clip that begins at a moment of the film, and is shown from `start` to `stop`; all in seconds.

    form: width / height of its picture's middle that the canvas showed; None is the form of the made video, or its own
    where that is nearly the same.
    """

    clip: SourceClip
    begin: Fraction
    start: Fraction
    stop: Fraction
    form: float | None = None

    @property
    def time(self) -> Timeline:
        """When its frames are shown."""
        return self.clip.timeline.starting(self.begin)

    @property
    def moves(self) -> bool:
        """Whether it has several frames."""
        return len(self.clip.frames) > 1

    def shown_form(self, height: int, width: int) -> float:
        """Width / height of what is shown of it in a film or on a canvas of a size."""
        whole = keeps_edges(self.clip.aspect, height, width)
        return self.form or (self.clip.aspect if whole else width / height)

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width, in its pixels, of what is shown of it on a canvas of a size."""
        return middle_size(self.clip.frames.shape[1:3], self.shown_form(height, width))


@dataclass(frozen=True)
class KeyframedFilm:
    """made: the whole. keyframes: in the order of their times, which share nothing. rate: frames per second.

    Its size is that of the largest clip among the keyframes, without what the form of the canvas cuts off; where all
    are pictures, that of the largest picture or of the made video. Raises ValueError if no keyframe is shown.
    """

    made: Take
    keyframes: Sequence[Keyframe]
    rate: Fraction
    match_colours: bool = True

    def __post_init__(self) -> None:
        if not any(self._spans()):
            lasts = float(self.made.clip.timeline.end)
            raise ValueError(
                f"got a made video of {lasts:.4g} s in which no keyframe is shown, expected the one that was made from "
                "this canvas"
            )

    @property
    def span(self) -> range:
        """Its frames, which last as long as the made video."""
        return range(max(1, frames_in(self.made.clip.timeline.end, self.rate)))

    @property
    def size(self) -> torch.Size:
        """Of a frame, [H W 3]."""
        return torch.Size((*film_size(self.keyframes, *self.made.clip.frames.shape[1:3]), 3))

    @property
    def left_out(self) -> int:
        """How many keyframes the made video does not last long enough for."""
        return sum(not span for span in self._spans())

    def frames(self) -> Iterator[torch.Tensor]:
        """Yield all frames [H W 3] in 0..1."""
        spans = [(one, span) for one, span in zip(self.keyframes, self._spans(), strict=True) if span]
        parts: list[tuple[Keyframe | None, range]] = []
        begin = 0
        for one, span in spans:
            parts += [(None, range(begin, span.start)), (one, span)]
            begin = span.stop
        parts.append((None, range(begin, self.span.stop)))
        matches = [self._match(*part) for part in spans] if self.match_colours else []
        passed = 0
        for shown, span in parts:
            if shown is None:
                yield from self._made(span, matches[max(0, passed - 1) : passed + 1], is_first=not passed)
            else:
                yield from self._own(shown, span)
                passed += 1

    def sound(self) -> Sound | None:
        """Return the made video's sound."""
        return self.made.sound and self.made.sound.lasting(float(len(self.span) / self.rate))

    @property
    def _grid(self) -> Timeline:
        return Timeline(len(self.span), self.rate)

    def _spans(self) -> list[range]:
        """Frames of the film in which each keyframe is shown."""
        grid, spans = self._grid, list[range]()
        for one in self.keyframes:
            begin = max(grid.first_from(one.start), spans[-1].stop if spans else 0)
            spans.append(range(min(begin, grid.frames), min(grid.first_from(one.stop), grid.frames)))
        return spans

    def _own(self, one: Keyframe, span: range) -> Iterator[torch.Tensor]:
        """Frames of a keyframe, unchanged where they have the film's size."""
        height, width, _ = self.size
        shown = torch.tensor([one.time.shown_at(self._grid.middle(frame)) for frame in span], dtype=torch.long)
        form = one.shown_form(height, width)
        for picture in one.clip.stream(shown):
            yield cover(picture.movedim(-1, 0)[None], height, width, form)[0].movedim(0, -1)

    def _made(self, span: range, matches: list[ColourMatch], *, is_first: bool) -> Iterator[torch.Tensor]:
        """Made frames at the film's size, in the colours of the keyframes beside them.

        matches: those of the one before and the one after; before the first keyframe its own alone.
        """
        height, width, _ = self.size
        matches = matches[:1] if is_first else matches
        for frame, picture in zip(span, self._made_small(span), strict=True):
            grown = of_picture(enlarged, picture, height, width)
            fitted = [match.apply(grown[None])[0] for match in matches] or [grown]
            share = (frame - span.start + 1) / (len(span) + 1)
            yield fitted[0] if len(fitted) == 1 else torch.lerp(fitted[0], fitted[1], share)

    def _made_small(self, span: range) -> Iterator[torch.Tensor]:
        """Made frames at their own size."""
        time = self.made.clip.timeline
        shown = [time.shown_at(self._grid.middle(frame)) for frame in span]
        return self.made.clip.stream(torch.tensor(shown, dtype=torch.long))

    def _match(self, one: Keyframe, span: range) -> ColourMatch:
        """What makes the made video's colours a keyframe's, by the frames that both show."""
        span = span[:: -(-len(span) // SAMPLED)]
        height, width, _ = self.made.clip.frames.shape[1:]
        own = (of_picture(stretched, picture, height, width) for picture in self._own(one, span))
        return ColourMatch.between(self._made_small(span), own)


def film_size(keyframes: Sequence[Keyframe], height: int, width: int) -> tuple[int, int]:
    """Height and width of a film with these keyframes, which is made on a canvas of this size."""
    clips = [one.size(height, width) for one in keyframes if one.moves]
    pictures = [(height, width), *(one.size(height, width) for one in keyframes)]
    return max(clips or pictures, key=lambda size: size[0] * size[1])


def timed(
    clip: SourceClip,
    rate: float,
    first: int,
    stop: int,
    skipped: int,
    *,
    until: int | None = None,
    form: float | None = None,
) -> Keyframe:
    """A clip that a canvas of this rate shows in its frames first .. stop - 1, after `skipped` of its own.

    A single picture has no rate of its own. until: how many of its frames at that rate are shown before the last one
    is held; None is all. form: see Keyframe.
    """
    exact = exact_rate(rate)
    if until is not None:
        clip = clip.part(0, min(len(clip.frames), math.ceil(until / exact * clip.timeline.rate)))
    return Keyframe(clip, Fraction(first - skipped) / exact, Fraction(first) / exact, Fraction(stop) / exact, form)
