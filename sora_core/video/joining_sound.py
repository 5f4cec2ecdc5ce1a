"""Joins the sound of clips that overlap in time; the clip that is kept keeps its sound in what they share."""

from __future__ import annotations

from fractions import Fraction

import torch

from .sound import Sound

FADE = 0.05  # seconds, at most, in which one sound goes over into the other


def join_sounds(
    one: Sound | None,
    two: Sound | None,
    seam: float | Fraction,
    overlap: float | Fraction,
    *,
    keep_second: bool = False,
) -> Sound | None:
    """Join sounds of which the second begins at second `seam`; both last over the `overlap` seconds after it.

    None is silence; of two silent clips None. The result has the rate of the clip that is kept, and mono is repeated to
    match more channels. What begins before the first is cut. Raises ValueError for other channel counts that differ.
    """
    if two is None:
        return one
    if one is None:
        return two.moved(seam)
    rate = two.rate if keep_second else one.rate
    if seam < 0:
        two, overlap, seam = two.moved(seam), max(0, overlap + seam), 0
        if two is None:
            return one
    first, second = _alike(one.at(rate).waveform, two.at(rate).waveform)
    start = round(seam * rate)
    fade = round(min(FADE, overlap) * rate)
    change = start if keep_second else min(start + round(overlap * rate), max(start + fade, first.shape[-1])) - fade
    end = max(start + second.shape[-1], change + fade)
    share = ((torch.arange(fade) + 1) / (fade + 1)).to(first)  # below it the first is heard, and above the second
    faded = torch.lerp(
        _between(first, change, change + fade), _between(second, change - start, change - start + fade), share
    )
    later = _between(second, change - start + fade, end - start)
    return Sound(torch.cat([_between(first, 0, change), faded, later], dim=-1), rate)


def _between(waveform: torch.Tensor, begin: int, end: int) -> torch.Tensor:
    """Samples begin .. end - 1 of a waveform [1 C N], which is silent before it begins and after it ends."""
    stop = waveform.shape[-1]
    inside = waveform[..., min(max(begin, 0), stop) : min(max(end, 0), stop)]
    before = min(max(0, -begin), end - begin)
    return torch.nn.functional.pad(inside, (before, end - begin - before - inside.shape[-1]))


def _alike(one: torch.Tensor, two: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Waveforms with as many channels each."""
    counts = one.shape[1], two.shape[1]
    channels = max(counts)
    if not {*counts} <= {1, channels}:
        raise ValueError(
            f"got audio of {counts[0]} and {counts[1]} channels, expected equal counts or mono; mix one down to mono"
        )
    return one.expand(-1, channels, -1), two.expand(-1, channels, -1)
