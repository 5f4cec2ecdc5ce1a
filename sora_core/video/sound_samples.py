"""SampleReader: makes arrays of decoded sound, of one rate and of layouts that can be written, whatever a file does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.audio.resampler import AudioResampler

from .sound_layouts import LAYOUTS, has_no_places, layout_for, packed
from .watching import Watch


class Samples(NamedTuple):
    """values: [C n] in the layout of so many channels. time: of the first, in seconds; None if the file has none."""

    values: np.ndarray
    time: Fraction | None


class SampleReader:
    """Converts frames of sound to the rate of the first one. rate: 0 before that.

    The format, the rate and the channels may change from frame to frame, as in a file that was joined.
    """

    def __init__(self, name: str, watch: Watch) -> None:
        self.rate = 0
        self._name, self._watch = name, watch
        self._resampler: AudioResampler | None = None
        self._kept = LAYOUTS[1]  # the layout that it gives
        self._given: tuple[str, str, int] | None = None  # what the resampler takes: format, layout and rate
        self._broken = self._heard = 0  # samples that are no numbers, and all of them
        self._mixed: set[str] = set()

    def read(self, frame: av.AudioFrame) -> Iterator[Samples]:
        """Yield the samples of a frame. Raises ValueError for channels that cannot be mixed."""
        given = frame.format.name, frame.layout.name, frame.sample_rate
        self.rate = self.rate or frame.sample_rate
        if given != self._given:
            yield from self.rest()
            self._given, self._kept = given, layout_for(frame.layout)
            self._resampler = AudioResampler("flt", given[1] if has_no_places(frame.layout) else self._kept, self.rate)
        try:
            yield from self._made(frame)
        except av.ArgumentError as error:
            raise ValueError(
                f"its sound has channels of the layout {given[1]!r}, which cannot be mixed: convert it to stereo"
            ) from error
        if frame.layout.nb_channels not in LAYOUTS:
            self._mixed.add(f"{frame.layout.nb_channels} channels are mixed to {self._kept}")

    def rest(self) -> Iterator[Samples]:
        """Yield what the filter of a changed rate holds back."""
        if self._given is not None and self._given[2] != self.rate:
            yield from self._made(None)

    def tell(self) -> None:
        """Tell what was not kept as it is in the file."""
        for change in sorted(self._mixed):
            self._watch.tell(f"the sound of {self._name} is changed: its {change}")
        if self._broken:
            self._watch.tell(
                f"the sound of {self._name} is damaged: {self._broken:,} of its {self._heard:,} samples are not finite "
                "(NaN or infinite), and are silent"
            )

    def _made(self, frame: av.AudioFrame | None) -> Iterator[Samples]:
        assert self._resampler is not None
        for part in self._resampler.resample(frame):
            values = packed(part)
            finite = np.isfinite(values)
            self._broken, self._heard = self._broken + int((~finite).sum()), self._heard + values.size
            values = np.where(finite, values, 0)
            yield Samples(values if len(values) in LAYOUTS else values.mean(axis=0, keepdims=True), _time_of(part))


def _time_of(frame: av.AudioFrame) -> Fraction | None:
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
