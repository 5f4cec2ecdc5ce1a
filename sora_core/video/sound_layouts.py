"""The layouts of channels that sound can have here, one for each number of them, and how others are mixed to them."""

from __future__ import annotations

import av
import numpy as np
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
SAME = {"5.0(side)": "5.0"}  # but for the names of places; that of 5.1 is the rule below
UNNAMED = " channels"  # how FFmpeg calls a layout that names no places, after their number


def layout_for(layout: AudioLayout) -> str:
    """Return the layout in which the sound of another is kept: its own, or 5.1, which has a place for most channels."""
    name, channels = layout.name, layout.nb_channels
    if channels <= 2:
        return LAYOUTS[channels]
    if name in LAYOUTS.values() or (name.endswith(UNNAMED) and channels in LAYOUTS):
        return name
    return SAME.get(name, LAYOUTS[6])


def check_channels(channels: int) -> None:
    """Raise ValueError for sound of more channels than a file is written with."""
    if channels not in LAYOUTS:
        raise ValueError(f"got sound of {channels} channels, expected 1 to {max(LAYOUTS)}: mix it down")


def widened(samples: np.ndarray, channels: int) -> np.ndarray:
    """Return samples [C n] in the layout of more channels; mono is repeated in stereo, as loud as it was."""
    if len(samples) == channels:
        return samples
    if not samples.shape[1]:
        return np.empty((channels, 0), samples.dtype)
    if (len(samples), channels) == (1, 2):
        return samples.repeat(2, axis=0)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=LAYOUTS[len(samples)])
    frame.sample_rate = 48000  # any
    return np.concatenate([*map(packed, AudioResampler("flt", LAYOUTS[channels]).resample(frame))], axis=1)


def packed(frame: av.AudioFrame) -> np.ndarray:
    """Return the samples [C n] of a frame whose format is flt.

    It has one plane. Of planes for each channel PyAV reads past the last where there are 8 or more.
    """
    return frame.to_ndarray().reshape(frame.samples, frame.layout.nb_channels).T
