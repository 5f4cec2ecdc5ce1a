"""Reads the sound of a video file, in step with its frames."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import torch
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from .budgets import check_silence, check_sound
from .opening import Source, opened
from .sound import Sound

CHECKED = 1 << 24  # samples after which free memory is looked at, and again whenever there are twice as many
JITTER = Fraction(1, 50)  # seconds by which the times of sound may be off, as some containers round them


def read_sound(source: Source, begin: Fraction = Fraction(0), duration: float = 0.0) -> Sound | None:
    """Read the sound of a file from a moment on, at its own rate; None where it has none that can be decoded.

    begin: seconds of the file at which the first frame is shown. Sound before that is cut, and where it begins later or
    has a gap there is silence. duration: seconds to read at most; 0 reads to the end.

    Of several tracks it is the last, as in ComfyUI. Raises ValueError where the file cannot be read, and where its
    sound is silent for longer, or takes more memory, than budgets.py has.
    """
    with opened(source) as container:
        stream = next((one for one in reversed(container.streams.audio) if one.codec_context is not None), None)
        return None if stream is None else _read(container, stream, begin, duration)


def _read(container: InputContainer, stream: AudioStream, begin: Fraction, duration: float) -> Sound | None:
    resampler, pieces, rate = AudioResampler(format="fltp"), _Pieces(), 0
    for packet in container.demux(stream):
        for frame in _decoded(packet):
            rate = rate or frame.sample_rate
            for part in resampler.resample(frame):
                pieces.add(part.to_ndarray(), _first_sample(part, begin, rate), rate)
        if duration and rate and pieces.at >= round(duration * rate):
            break
    whole = pieces.joined(round(duration * rate) if duration else None)
    return None if whole is None else Sound(torch.from_numpy(whole)[None], rate)


class _Pieces:
    """Samples [C n] one after the other. at: where the next ones belong; those before 0 are left out."""

    def __init__(self) -> None:
        self.at = 0
        self._kept: list[np.ndarray] = []
        self._placed = False
        self._unchecked = CHECKED  # samples that may be made before the next look at free memory

    def add(self, samples: np.ndarray, first: int | None, rate: int) -> None:
        """Append samples at `first`, after silence if nothing was heard before it; the times of a file are coarse."""
        if first is not None and (not self._placed or first > self.at + JITTER * rate):
            silence = max(0, first - max(0, self.at))
            check_silence(silence / rate)
            self._check(max(0, first), samples.shape[0])
            self._keep(np.zeros((samples.shape[0], silence), samples.dtype))
            self.at = first
        self._placed = True
        self._check(self.at, samples.shape[0])
        self._keep(samples[:, max(0, -self.at) :])
        self.at += samples.shape[1]

    def joined(self, most: int | None) -> np.ndarray | None:
        """All of them, or the first `most`; None if there are none."""
        return np.concatenate(self._kept, axis=1)[:, :most] if self._kept else None

    def _check(self, total: int, channels: int) -> None:
        """Look whether memory is left for so many samples, where they are many more than at the last look."""
        if total * channels > self._unchecked:
            check_sound(total, channels)
            self._unchecked = 2 * total * channels

    def _keep(self, samples: np.ndarray) -> None:
        if samples.shape[1]:
            self._kept.append(samples)


def _decoded(packet: av.Packet[AudioStream]) -> list[av.AudioFrame]:
    try:
        return packet.decode()
    except av.InvalidDataError:  # a damaged packet: its time stays silent
        return []


def _first_sample(frame: av.AudioFrame, begin: Fraction, rate: int) -> int | None:
    """Where a frame begins, in samples after `begin`; None where the file does not say."""
    if frame.pts is None or frame.time_base is None:
        return None
    return round((frame.pts * frame.time_base - begin) * rate)
