"""The layouts of channels that sound can have here, one for each number of them, and how others are mixed to them."""

from __future__ import annotations

from collections.abc import Mapping

import av
import numpy as np
import torch
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
SAME = {"5.0(side)": "5.0"}  # but for the names of places; that of 5.1 is the rule below
GUESSED = 8  # channels without names, up to which they are those of 7.1 and its like
UNNAMED = " channels"  # how FFmpeg calls a layout that names no places, after their number


def layout_for(layout: AudioLayout) -> str:
    """Return the layout in which the sound of another is kept: its own, or 5.1, which has a place for most channels.

    Channels that have no places are all heard in mono.
    """
    name, channels = layout.name, layout.nb_channels
    if has_no_places(layout):
        return LAYOUTS[1]
    if channels <= 2:
        return LAYOUTS[channels]
    if name in LAYOUTS.values() or (name.endswith(UNNAMED) and channels in LAYOUTS):
        return name
    return SAME.get(name, LAYOUTS[6])


def has_no_places(layout: AudioLayout) -> bool:
    """Whether nothing says where its channels are heard; FFmpeg guesses it, and leaves some of them out."""
    return layout.name.endswith(UNNAMED) and layout.nb_channels > GUESSED


def check_channels(channels: int) -> None:
    """Raise ValueError for sound of more channels than a file is written with."""
    if channels not in LAYOUTS:
        raise ValueError(f"got sound of {channels} channels, expected 1 to {max(LAYOUTS)}: mix it down")


def remixed(samples: np.ndarray, channels: int) -> np.ndarray:
    """Return samples [C n] in the layout of other channels, as FFmpeg mixes them; mono is repeated in stereo."""
    if len(samples) == channels:
        return samples
    if not samples.shape[1]:
        return np.empty((channels, 0), samples.dtype)
    if (len(samples), channels) == (1, 2):
        return samples.repeat(2, axis=0)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=LAYOUTS[len(samples)])
    frame.sample_rate = 48000  # any
    return np.concatenate([*map(packed, AudioResampler("flt", LAYOUTS[channels]).resample(frame))], axis=1)


def with_channels(waveform: torch.Tensor, channels: int) -> torch.Tensor:
    """As remixed, of a waveform [1 C n]; the same object where it has so many."""
    if waveform.shape[1] == channels:
        return waveform
    return torch.from_numpy(remixed(waveform[0].detach().float().cpu().numpy(), channels))[None]


def describe_mixing(counts: Mapping[str, int]) -> list[str]:
    """Say which of several sounds is mixed to the channels of the one that has most. counts: their channels by name."""
    most = max(counts.values(), default=0)
    return [f"{name}: sound of {own} channels, mixed to {most}" for name, own in counts.items() if own != most]


def packed(frame: av.AudioFrame) -> np.ndarray:
    """Return the samples [C n] of a frame whose format is flt.

    It has one plane. Of planes for each channel PyAV reads past the last where there are 8 or more.
    """
    return frame.to_ndarray().reshape(frame.samples, frame.layout.nb_channels).T
