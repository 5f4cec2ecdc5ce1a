"""SoundTrack: writes the sound of a video file beside its frames, so that players find both at each moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer

from .joining_sound import AnySound
from .sound_layouts import LAYOUTS, check_channels

OTHER_RATE = 48000


@dataclass(frozen=True)
class SoundCoding:
    """How a file holds sound. rates: those that the codec takes, empty for all. bit_rate: 0 for a lossless one."""

    codec: str
    rates: Sequence[int] = ()
    bit_rate: int = 0


AAC = SoundCoding("aac", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000), 256_000)
PCM = SoundCoding("pcm_f32le")


class SoundTrack:
    """A track in a container that is being written; made before the first frame is muxed.

    Raises ValueError for sound of more than six channels.
    """

    def __init__(self, container: OutputContainer, sound: AnySound, coding: SoundCoding = AAC) -> None:
        check_channels(sound.channels)
        self._sound = sound.at(OTHER_RATE) if coding.rates and sound.rate not in coding.rates else sound
        self._container, self._layout, self._done = container, LAYOUTS[sound.channels], 0
        self._lossless = not coding.bit_rate
        stream = container.add_stream(coding.codec, rate=self._sound.rate, layout=self._layout)
        assert isinstance(stream, AudioStream)
        self._stream = stream
        if coding.bit_rate:
            self._stream.bit_rate = coding.bit_rate

    def write_until(self, seconds: float) -> None:
        """Encode what is not yet written before a moment of the video."""
        stop = min(self._sound.samples, round(seconds * self._sound.rate))
        if stop <= self._done:
            return
        part = self._sound.part(self._done, stop)[0].detach().float().cpu()
        part = part if self._lossless else part.clamp(-1, 1)
        frame = av.AudioFrame.from_ndarray(part.contiguous().numpy(), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts = self._sound.rate, self._done
        self._container.mux(self._stream.encode(frame))
        self._done = stop

    def finish(self) -> None:
        """Encode what the encoder still holds."""
        self._container.mux(self._stream.encode(None))
