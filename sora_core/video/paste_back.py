"""PastedFilm: what was made of a source, put back into it: the source's size, rate, sound and all that was not made.

A frame of the made clip is shown where it is in time, at the source's rate. All else of the source comes back bit for
bit. Nothing is held: both clips may be files of any length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import torch

from .film_joining import Take
from .joining import ColourMatch
from .sound import Sound
from .timeline import Timeline

SAMPLED = 32  # frames, at most, that colours are compared over
SAMPLED_PIXELS = 2**16  # of each, about


class Place(Protocol):
    """Where the made clip is shown: a region of the source, or a border around it."""

    @property
    def size(self) -> torch.Size:
        """Of the film's frames, [H W 3]."""

    def shown(self, during: range) -> list[int]:
        """Return the frames of the source in which the made clip is shown. during: those within its time."""

    def pasted(self, pictures: Iterable[tuple[torch.Tensor, torch.Tensor | None]]) -> Iterator[torch.Tensor]:
        """Yield the film's frames, from those of source and made clip."""

    def known(self, frame: int, source: torch.Tensor, made: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the pixels [N 1 3] of a frame that made clip and source both show."""


@dataclass(frozen=True)
class PastedFilm:
    """A source with what was made of it. start: when the made clip begins, in seconds of the source.

    Raises ValueError for a made clip that is shown in no frame.
    """

    source: Take
    made: Take
    place: Place
    start: Fraction = Fraction(0)
    match_colours: bool = True

    def __post_init__(self) -> None:
        if self.start >= self._grid.end:
            raise ValueError(
                f"got a made video that begins at {float(self.start):g} s, expected a time before the source ends, at "
                f"{float(self._grid.end):g} s"
            )
        if not self.place.shown(self._during()):
            begin, end = float(self._time.begin), float(self._time.end)
            raise ValueError(
                f"got a region that is 0 from {begin:g} to {end:g} s, in all the time of the made video, expected "
                "values above 0 where it is shown"
            )

    @property
    def span(self) -> range:
        """The frames of the film: the source's."""
        return range(self._grid.frames)

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self._grid.rate

    @property
    def size(self) -> torch.Size:
        """Of a frame, [H W 3]."""
        return self.place.size

    @property
    def left_over(self) -> Fraction:
        """Seconds of the made clip after the end of the source; below 0 those of the source after the made clip."""
        return self._time.end - self._grid.end

    def frames(self) -> Iterator[torch.Tensor]:
        """Yield all frames [H W 3] in 0..1."""
        shown = self.place.shown(self._during())
        colours, made = self._colours() if self.match_colours else None, self._made(shown)
        among = set(shown)

        def pictures() -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
            for frame, picture in enumerate(self.source.clip.stream(torch.arange(self._grid.frames))):
                fitted = next(made) if frame in among else None
                yield picture, fitted if fitted is None or colours is None else colours.apply(fitted[None])[0]

        yield from self.place.pasted(pictures())

    def sound(self) -> Sound | None:
        """Return the source's sound; where it has none, that of the made clip."""
        heard = self.source.sound or (self.made.sound and self.made.sound.moved(self.start))
        return heard and heard.lasting(float(self._grid.frames / self.rate))

    @property
    def _grid(self) -> Timeline:
        return self.source.clip.timeline

    @property
    def _time(self) -> Timeline:
        return self.made.clip.timeline.starting(self.start)

    def _during(self) -> range:
        """The source's frames in the made clip's time; its last one is held for one more, as rounding may need it."""
        time, grid = self._time, self._grid
        return range(max(0, grid.first_from(time.begin)), min(grid.frames, grid.first_from(time.end + 1 / time.rate)))

    def _made(self, frames: list[int]) -> Iterator[torch.Tensor]:
        """Frames [h w 3] of the made clip that are shown in these of the source."""
        return self.made.clip.stream(
            torch.tensor([self._time.shown_at(self._grid.middle(frame)) for frame in frames], dtype=torch.long)
        )

    def _colours(self) -> ColourMatch | None:
        """What makes the made clip's colours the source's, by all that both show; None where they share nothing."""
        during = self._during()
        frames = [*during[:: -(-len(during) // SAMPLED) or 1]]
        pairs = zip(frames, self.source.clip.stream(torch.tensor(frames)), self._made(frames), strict=True)
        known = [[*map(_some, self.place.known(frame, source, made))] for frame, source, made in pairs]
        known = [pair for pair in known if len(pair[0])]
        if not known:
            return None
        return ColourMatch.between((made for made, _ in known), (source for _, source in known))


def _some(pixels: torch.Tensor) -> torch.Tensor:
    """Of pixels [N 1 3], at most about as many as are compared."""
    return pixels[:: max(1, len(pixels) // SAMPLED_PIXELS)].clone()
