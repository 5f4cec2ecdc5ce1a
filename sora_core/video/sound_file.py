"""Reads the sound of a video file, in step with its frames."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import torch
from av.audio.stream import AudioStream
from av.container import InputContainer

from .budgets import check_silence, check_sound
from .decoding import shifts_in
from .opening import Source, name_of, opened
from .restarts import Restarts
from .sound import Sound
from .sound_layouts import remixed
from .sound_samples import SampleReader, Samples
from .watching import LOG, Watch

BLOCK = 1 << 22  # samples that are put together into one array while a file is read
CHECKED = 1 << 24  # samples after which free memory is looked at, and again whenever there are twice as many
JITTER = Fraction(1, 50)  # seconds by which the times of sound may be off, as some containers round them


def read_sound(
    source: Source, begin: Fraction = Fraction(0), duration: float = 0.0, *, watch: Watch = LOG
) -> Sound | None:
    """Read the sound of a file from a moment on, at its first rate; None where it has none that can be decoded.

    begin: seconds of the file at which the first frame is shown. Sound before that is cut, and where it begins later or
    has a gap there is silence. duration: seconds to read at most; 0 reads to the end. watch: is told what is changed.

    Of several tracks it is the last, as in ComfyUI. Raises ValueError where the file cannot be read, and where its
    sound is silent for longer, or takes more memory, than budgets.py has.
    """
    shifts = shifts_in(source, watch)
    with opened(source) as container:
        stream = next((one for one in reversed(container.streams.audio) if one.codec_context is not None), None)
        if stream is None:
            return None
        reader = SampleReader(name_of(source), watch)
        sound = _read(container, stream, reader, Restarts(container, shifts), begin, duration)
        reader.tell()
        return sound


def _read(
    container: InputContainer,
    stream: AudioStream,
    reader: SampleReader,
    restarts: Restarts,
    begin: Fraction,
    duration: float,
) -> Sound | None:
    pieces, parts = _Pieces(begin), 0
    for packet in container.demux(stream):
        restarts.move(packet)
        if parts < len(restarts.shifts):
            parts = len(restarts.shifts)
            pieces.placed = False
        for frame in _decoded(packet):
            for samples in reader.read(frame):
                pieces.add(samples, reader.rate)
        if duration and reader.rate and pieces.at >= round(duration * reader.rate):
            break
    for samples in reader.rest():
        pieces.add(samples, reader.rate)
    whole = pieces.joined(round(duration * reader.rate) if duration else None)
    return None if whole is None else Sound(torch.from_numpy(whole)[None], reader.rate)


class _Pieces:
    """Samples [C n] at their places. at: where the next ones belong; those before 0, second `begin`, are left out.

    placed: whether the next ones follow those before them; if not, they replace what was heard at their time.
    """

    def __init__(self, begin: Fraction) -> None:
        self.at = 0
        self._begin = begin
        self._kept: list[np.ndarray] = []  # those that follow one another, up to `at`
        self._waiting = 0  # samples in them
        self._blocks: list[tuple[int, np.ndarray]] = []  # where each begins, and its samples
        self.placed = False
        self._unchecked = CHECKED  # samples that may be made before the next look at free memory

    def add(self, samples: Samples, rate: int) -> None:
        """Place samples at their time if nothing was heard before it, else next; the times of a file are coarse."""
        values, time = samples
        first = None if time is None else round((time - self._begin) * rate)
        if first is not None and (not self.placed or first > self.at + JITTER * rate):
            check_silence(max(0, first - max(0, self.at)) / rate)
            self._close()
            self.at = first
        self.placed = True
        self._check(max(0, self.at), len(values))
        kept = values[:, max(0, -self.at) :]
        if kept.shape[1]:
            self._kept.append(kept)
        self.at += values.shape[1]
        self._waiting += kept.shape[1]
        if self._waiting >= BLOCK:
            self._close()

    def joined(self, most: int | None) -> np.ndarray | None:
        """All of them in the most channels that any has, or the first `most`; None if there are none."""
        self._close()
        if not self._blocks:
            return None
        stop = self.at if most is None else min(self.at, most)
        whole = np.zeros((max(len(values) for _, values in self._blocks), stop), np.float32)
        while self._blocks:  # each of which is let go before the next one is copied
            first, values = self._blocks.pop(0)
            whole[:, first : first + values.shape[1]] = remixed(values[:, : max(0, stop - first)], len(whole))
        return whole

    def _close(self) -> None:
        """Make one block of what is kept. It is large, so that the system gets its memory back when it is let go."""
        if self._kept:
            channels = max(map(len, self._kept))
            block = np.concatenate([remixed(values, channels) for values in self._kept], axis=1)
            self._blocks.append((self.at - block.shape[1], block))
            self._kept, self._waiting = [], 0

    def _check(self, total: int, channels: int) -> None:
        """Look whether memory is left for so many samples, where they are many more than at the last look."""
        if total * channels > self._unchecked:
            check_sound(total, channels)
            self._unchecked = 2 * total * channels


def _decoded(packet: av.Packet[AudioStream]) -> list[av.AudioFrame]:
    try:
        return packet.decode()
    except av.InvalidDataError:  # a damaged packet: its time stays silent
        return []
