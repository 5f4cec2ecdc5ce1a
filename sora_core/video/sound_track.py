"""SoundTrack: writes the sound of a video file beside its frames, so that players find both at each moment."""

from __future__ import annotations

import av
from av.container import OutputContainer

from .sound import Sound

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OTHER_RATE = 48000
BIT_RATE = 256_000  # later nodes read this file


class SoundTrack:
    """An AAC track in a container that is being written; made before the first frame is muxed.

    Raises ValueError for sound of more than six channels.
    """

    def __init__(self, container: OutputContainer, sound: Sound) -> None:
        channels = sound.waveform.shape[1]
        if channels not in LAYOUTS:
            raise ValueError(f"got sound of {channels} channels, expected 1 to 6: mix it down")
        self._sound = sound if sound.rate in AAC_RATES else sound.at(OTHER_RATE)
        self._container, self._layout, self._done = container, LAYOUTS[channels], 0
        self._stream = container.add_stream("aac", rate=self._sound.rate, layout=self._layout)
        self._stream.bit_rate = BIT_RATE

    def write_until(self, seconds: float) -> None:
        """Encode what is not yet written before a moment of the video."""
        stop = min(self._sound.samples, round(seconds * self._sound.rate))
        if stop <= self._done:
            return
        part = self._sound.waveform[0, :, self._done : stop].detach().float().cpu().clamp(-1, 1)
        frame = av.AudioFrame.from_ndarray(part.contiguous().numpy(), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts = self._sound.rate, self._done
        self._container.mux(self._stream.encode(frame))
        self._done = stop

    def finish(self) -> None:
        """Encode what the encoder still holds."""
        self._container.mux(self._stream.encode(None))
