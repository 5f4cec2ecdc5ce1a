"""The sound of a source on its way through a LATENT of frames alone, so that the decoder can write it beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...sora_core.video.sound import Sound
from ...sora_core.video.sound_layouts import with_channels

KEY = "sora_sound"  # of our LATENTs; samplers pass it on


@dataclass(frozen=True)
class CarriedSound:
    """Sound of a canvas, in step with its frames. fps: of the canvas. latents: its latent frames."""

    sound: Sound
    fps: float
    latents: int


def carried(latent: dict[str, Any], latents: int, fps: float) -> tuple[Sound | None, str]:
    """The sound that a LATENT carries for so many latent frames at a rate; or the notice why it does not fit them."""
    held: CarriedSound | None = latent.get(KEY)
    if held is None:
        return None, ""
    if held.latents != latents:
        return None, f"Source sound left out: it is for {held.latents} latents, not {latents}."
    if held.fps != fps:
        return None, f"Source sound left out: it is for {held.fps:g} fps, not {fps:g}."
    return held.sound, ""


def mixed(parts: Sequence[tuple[Sound, float, float, float]], seconds: float) -> Sound | None:
    """One sound of `seconds` from parts (sound, at, begin, end); None if there are none.

    at: when it begins. begin, end: when it is heard; parts that are heard together are added. It has the first one's
    rate and the layout of the one with most channels.
    """
    if not parts:
        return None
    rate, channels = parts[0][0].rate, max(sound.channels for sound, *_ in parts)
    whole = torch.zeros(1, channels, max(1, round(seconds * rate)))
    for sound, at, begin, end in parts:
        waveform, shift = with_channels(sound.at(rate).waveform, channels), round(at * rate)
        first = max(0, shift, round(begin * rate))
        stop = min(whole.shape[-1], shift + waveform.shape[-1], round(end * rate))
        if stop > first:
            whole[..., first:stop] += waveform[..., first - shift : stop - shift].to(whole)
    return Sound(whole, rate)
