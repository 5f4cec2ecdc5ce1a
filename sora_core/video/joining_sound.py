"""Joins the sound of clips that overlap in time; the clip that is kept keeps its sound in what they share."""

from __future__ import annotations

import torch

from .sound import Sound

FADE = 0.05  # seconds, at most, in which one sound goes over into the other


def join_sounds(
    one: Sound | None, two: Sound | None, seam: float, overlap: float, *, keep_second: bool = False
) -> Sound | None:
    """Join sounds of which the second begins at second `seam`; both last over the `overlap` seconds after it.

    None is silence; of two silent clips None. The result has the rate of the clip that is kept, and mono is repeated to
    match more channels. Raises ValueError for other channel counts that differ.
    """
    if two is None:
        return one
    if one is None:
        silence = round(seam * two.rate)
        return Sound(torch.nn.functional.pad(two.waveform, (silence, 0)), two.rate)
    rate = two.rate if keep_second else one.rate
    first, second = _alike(one.at(rate).waveform, two.at(rate).waveform)
    start = round(seam * rate)
    fade = round(min(FADE, overlap) * rate)
    change = start if keep_second else min(start + round(overlap * rate), max(start + fade, first.shape[-1])) - fade
    end = max(start + second.shape[-1], change + fade)
    whole = torch.nn.functional.pad(first, (0, max(0, end - first.shape[-1])))[..., :end]
    later = torch.nn.functional.pad(second, (start, end - start - second.shape[-1]))
    share = ((torch.arange(end) - change + 1) / (fade + 1)).clamp(0, 1).to(whole)  # 0 before, 1 after the fade
    return Sound(torch.lerp(whole, later, share), rate)


def _alike(one: torch.Tensor, two: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Waveforms with as many channels each."""
    counts = one.shape[1], two.shape[1]
    channels = max(counts)
    if not {*counts} <= {1, channels}:
        raise ValueError(
            f"got audio of {counts[0]} and {counts[1]} channels, expected equal counts or mono; mix one down to mono"
        )
    return one.expand(-1, channels, -1), two.expand(-1, channels, -1)
