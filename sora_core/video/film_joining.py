"""JoinedFilm: clips as one film, frame by frame, on the timeline of the clip that is kept.

The kept clip's frames come back bit for bit, but for a fade at its seam. Each other frame is the one that is shown at
its time; colours are matched as in joining.py. Nothing is held: clips may be files of any length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import torch

from .geometry import enlarged, fitted, of_picture
from .joining import ColourMatch, fade_shares
from .joining_sound import AnySound, JoinedSound, join_sounds
from .sound import Sound
from .source_clip import SourceClip
from .timeline import Timeline

FADE = Fraction(1, 2)  # seconds, at most, in which one clip fades into the other; the rest of the kept one is untouched
MOST_STRETCHED = 1.25  # by which the form of a canvas may differ from that of the clip that it was made of


@dataclass(frozen=True)
class Take:
    """A clip and its sound; None is silence."""

    clip: SourceClip
    sound: Sound | None = None

    def part(self, start: int, stop: int) -> Take:
        """Return the frames from `start` to `stop`, with their sound."""
        clip = self.clip.part(start, stop)
        heard = self.sound and self.sound.moved(-start / self.clip.timeline.rate)
        return Take(clip, heard and heard.lasting(float(len(clip.frames) / clip.timeline.rate)))


@dataclass(frozen=True)
class Layer:
    """A clip on the film's time.

    span: the film's frames in which it is shown. shared: whether it shows what the kept clip does, on a canvas whose
        grid may have stretched it.
    """

    take: Take
    time: Timeline
    span: range
    shared: bool = False

    def frames(self, grid: Timeline, size: torch.Size, span: range) -> Iterator[torch.Tensor]:
        """Yield the frames [H W 3] that are shown in the film's, scaled to its size, and cropped where not shared."""
        shown = torch.tensor([self.time.shown_at(grid.middle(frame)) for frame in span], dtype=torch.long)
        skew = self.take.clip.aspect * size[0] / size[1]
        change = partial(of_picture, enlarged) if self.shared and 1 / MOST_STRETCHED < skew < MOST_STRETCHED else fitted
        yield from map(partial(change, height=size[0], width=size[1]), self.take.clip.stream(shown))


@dataclass(frozen=True)
class JoinedFilm:
    """Two or three clips that overlap, as one. The film's frames are counted from the first one of the kept clip.

    layers: in order. kept: index of the one that keeps its pixels, colours, size and rate. span: frames of the film.
    turned: frames at the end that fade into the film's beginning, where it is a loop.
    """

    layers: Sequence[Layer]
    kept: int
    span: range
    turned: int = 0

    @classmethod
    def of(cls, first: Take, second: Take, overlap: int, *, keep_second: bool = False) -> JoinedFilm:
        """Join two clips. overlap: frames that they share, counted at the rate of the clip that is not kept.

        Raises ValueError if the overlap is longer than one of them.
        """
        kept, other = (second, first) if keep_second else (first, second)
        grid, seconds = kept.clip.timeline, _shared(other, overlap)
        _check_overlap(other, kept, overlap, ("second", "first") if keep_second else ("first", "second"))
        own = int(overlap < len(other.clip.frames))  # a frame of its own is seen, in a film of the slowest rate too
        if keep_second:
            time = other.clip.timeline.ending(seconds)
            begin = -max(own, round(-time.begin * grid.rate))
            head = Layer(other, time, range(begin, grid.first_from(seconds)), bool(overlap))
            layers = [head, Layer(kept, grid, range(grid.frames))]
            return cls(layers, 1, range(begin, grid.frames))
        time = other.clip.timeline.starting(grid.end - seconds)
        stop = grid.frames + max(own, round((time.end - grid.end) * grid.rate))
        tail = Layer(other, time, range(grid.first_from(time.begin), stop), bool(overlap))
        layers = [Layer(kept, grid, range(grid.frames)), tail]
        return cls(layers, 0, range(stop))

    @classmethod
    def within(cls, kept: Take, made: Take, before: int, overlaps: tuple[int, int]) -> JoinedFilm:
        """Join a clip with one that goes on from both its ends.

        before: frames of `made` that come before the kept clip. overlaps: then come as many as it shares with the kept
            clip's beginning, and as many as it shares with its end. Raises ValueError as `of` does.
        """
        cut, total = before + overlaps[0], len(made.clip.frames)
        if before < 1 or min(overlaps) < 0 or cut + overlaps[1] >= total:
            raise ValueError(
                f"got {before} frames before the first and overlaps of {overlaps[0]} and {overlaps[1]} for a second of "
                f"{total}, expected frames before and after those: connect the outputs of Sora Extend Video"
            )
        film, last = cls.of(made.part(0, cut), kept, overlaps[0], keep_second=True), made.part(cut, total)
        head, grid = film.layers[0], film.layers[1].time
        _check_overlap(last, kept, overlaps[1], ("first", "second"))
        time = last.clip.timeline.starting(grid.end - _shared(last, overlaps[1]))
        stop = grid.frames + max(1, round((time.end - grid.end) * grid.rate))
        begin = max(head.span.stop, grid.first_from(time.begin))
        tail = Layer(last, time, range(begin, stop), bool(overlaps[1]))
        return cls([*film.layers, tail], 1, range(film.span.start, stop))

    def then(self, last: Take, overlap: int) -> JoinedFilm:
        """Join a third clip, which keeps its colours too. overlap: frames of the second that it begins with.

        Raises ValueError as `of` does, and where the second clip has no frame of its own.
        """
        first, second = self._two()
        _check_overlap(second.take, last, overlap, ("last", "second"))
        grid = first.time
        time = last.clip.timeline.starting(second.time.end - _shared(second.take, overlap))
        begin = grid.first_from(time.begin)
        if begin < grid.frames:
            raise ValueError(
                f"got an overlap of {overlap} frames with the last clip, which then begins before the first ends; "
                "expected fewer"
            )
        stop = begin + max(1, round(last.clip.timeline.end * grid.rate))
        layers = [first, replace(second, span=range(second.span.start, max(begin, second.span.stop)))]
        return JoinedFilm([*layers, Layer(last, time, range(begin, stop))], 0, range(max(stop, second.span.stop)))

    def closed(self, overlap: int) -> JoinedFilm:
        """Return a loop: the second clip ends with the beginning of the first, for `overlap` of its frames.

        It begins where that overlap ends, and ends with a fade into it. Raises ValueError as `then` does.
        """
        film = self.then(self._two()[0].take, overlap)
        turn, stop = film.layers[2].span.start, film.layers[1].span.stop
        turned = stop - turn
        if turned >= film.layers[0].span.stop:
            raise ValueError(f"got an overlap of {overlap} frames, expected less than the first clip has")
        again = film.layers[2].take.clip.timeline.starting(self._grid.begin + turn / self.rate)  # frame on frame
        last = replace(film.layers[2], time=again, span=range(turn, stop))
        return JoinedFilm([*film.layers[:2], last], 0, range(turned, stop), turned)

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self._grid.rate

    @property
    def size(self) -> torch.Size:
        """Of a frame, [H W 3]."""
        return torch.Size(self.layers[self.kept].take.clip.frames.shape[1:])

    def frames(self) -> Iterator[torch.Tensor]:
        """Yield all frames [H W 3] in 0..1."""
        colours = [self._colours(index) for index in range(len(self.layers))]
        spans = [self._shown_span(index) for index in range(len(self.layers))]
        streams = [layer.frames(self._grid, self.size, span) for layer, span in zip(self.layers, spans, strict=True)]

        def shown_in(frame: int) -> torch.Tensor:
            shown = [index for index, span in enumerate(spans) if frame in span]
            pictures = [_changed(next(streams[index]), frame, spans[index], colours[index]) for index in shown]
            if len(shown) == 1:
                return pictures[0]
            fade = self._fade(shown[0])
            return torch.lerp(pictures[0], pictures[1], fade_shares(len(fade))[frame - fade.start])

        for frame in self.span:
            yield shown_in(frame)  # so that nothing holds it while the next one is made

    def sound(self) -> AnySound | None:
        """Return the sound, in step with the frames; None if all are silent."""
        begin = self._grid.begin + Fraction(0 if self.turned else self.span.start) / self.rate
        head = self.layers[0]
        joined: AnySound | None = head.take.sound and head.take.sound.moved(head.time.begin - begin)
        for index, layer in enumerate(self.layers[1:]):
            shared = max(Fraction(0), self.layers[index].time.end - layer.time.begin)
            heard = layer.take.sound
            if index and heard is not None and joined is not None:
                heard = heard.at(joined.rate)
            keep = self.kept == index + 1 or (index > 0 and not self.kept)
            joined = join_sounds(joined, heard, layer.time.begin - begin, shared, keep_second=keep)
        if joined is None or not self.turned:
            return joined
        whole = joined.whole() if isinstance(joined, JoinedSound) else joined
        return whole.looped(float(len(self.span) / self.rate), float(self.turned / self.rate))

    @property
    def _grid(self) -> Timeline:
        return self.layers[self.kept].time

    def _two(self) -> tuple[Layer, Layer]:
        if len(self.layers) != 2 or self.kept:
            raise ValueError("got a third clip for a film whose second clip is kept; expected that the first is kept")
        return self.layers[0], self.layers[1]

    def _shared_span(self, index: int) -> range:
        """Frames of the film that a layer shares with the next one."""
        one, two = self.layers[index].span, self.layers[index + 1].span
        return range(max(one.start, two.start), min(one.stop, two.stop))

    def _keeps(self, index: int) -> bool:
        """Whether a layer keeps its pixels and colours."""
        return index == self.kept or (index == 2 and not self.kept)

    def _fade(self, index: int) -> range:
        """Frames in which a layer fades into the next one: of those that they share, the last of the kept clip."""
        shared, most = self._shared_span(index), max(1, round(FADE * self.rate))
        if self._keeps(index):
            return range(max(shared.start, shared.stop - most), shared.stop)
        return range(shared.start, min(shared.stop, shared.start + most))

    def _shown_span(self, index: int) -> range:
        """Frames of the film in which a layer is seen."""
        own = self.layers[index].span
        start, stop = max(own.start, self.span.start), own.stop
        if self._keeps(index):
            return range(start, stop)
        if index and self._shared_span(index - 1):
            start = max(start, self._fade(index - 1).start)
        if index + 1 < len(self.layers) and self._shared_span(index):
            stop = min(stop, self._fade(index).stop)
        return range(start, stop)

    def _colours(self, index: int) -> list[ColourMatch | None]:
        """How a layer is matched to the one before it and to the one after it; empty for one that keeps its colours."""
        if self._keeps(index):
            return []
        matches = []
        for neighbour in (index - 1, index + 1):
            if 0 <= neighbour < len(self.layers):
                fade = self._shared_span(min(index, neighbour))
                matches.append(self._match(index, neighbour, fade) if fade else None)
        return matches

    def _match(self, index: int, neighbour: int, fade: range) -> ColourMatch:
        own, other = (self.layers[one].frames(self._grid, self.size, fade) for one in (index, neighbour))
        return ColourMatch.between(own, other)


def _changed(picture: torch.Tensor, frame: int, span: range, matches: list[ColourMatch | None]) -> torch.Tensor:
    """A frame with matched colours; between two matches they go over from one to the other."""
    changed = [picture if match is None else match.apply(picture[None])[0] for match in matches]
    if len(changed) == 2:
        return torch.lerp(changed[0], changed[1], (frame - span.start + 1) / (len(span) + 1))
    return changed[0] if changed else picture


def _shared(other: Take, overlap: int) -> Fraction:
    """Seconds of an overlap."""
    return overlap / other.clip.timeline.rate


def _check_overlap(other: Take, kept: Take, overlap: int, names: tuple[str, str]) -> None:
    """Raise ValueError unless both last as long; a frame of the canvas may stand out where durations are not equal."""
    one, two = kept.clip.timeline, other.clip.timeline
    if not 0 <= overlap <= two.frames or (overlap and (overlap - 1) / two.rate >= one.frames / one.rate):
        raise ValueError(
            f"got an overlap of {overlap} frames at {float(two.rate):g} fps, expected it within both clips: the "
            f"{names[0]} has {one.frames} at {float(one.rate):g} fps and the {names[1]} {two.frames}"
        )
