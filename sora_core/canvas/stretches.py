"""Stretches of a video, each with its own prompt: how they are written, and what a latent frame sees of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch

from .time_grid import TimeGrid

COLON = r"[:\uff1a]"  # also as Chinese keyboards have it
UNIT = r"(?:(?:s|secs?|seconds?|\u79d2)\s*)?"  # also in Chinese
TIME = re.compile(rf"\s*(\d{{1,6}}(?:\.\d{{0,6}})?)\s*{UNIT}{COLON}(?!\d)(.*)", re.DOTALL)
UNREAD = re.compile(rf"\s*([-+.]?\d[-+.,:~\u2013\ds e]*){COLON}(?:\s.*)?|\s*(0\d*:\d\d).*", re.DOTALL)
"""Begins of lines that are meant as times, but that are no seconds: 1:30, -1, 1,5, 0-2s, 1e3; of 0:00 also alone"""
MOST = 1000  # stretches


class Stretch(NamedTuple):
    """The prompt from a time on, in seconds."""

    begin: float
    prompt: str


def parse_stretches(text: str) -> list[Stretch]:
    """Read prompts with the times from which they hold, in seconds: one a line, such as `1.5: a blue circle`.

    A line without a time belongs to the prompt before it; the first prompt needs none. Raises ValueError for times that
    do not rise from 0 or are not seconds, and for a prompt that is empty.
    """
    found: list[Stretch] = []
    for line in filter(str.strip, text.removeprefix("\ufeff").splitlines()):
        timed = TIME.fullmatch(line)
        if timed is None and (unread := UNREAD.fullmatch(line)):
            raise ValueError(
                f"got the time {(unread[1] or unread[2])[:20]}, expected seconds such as `90: a red circle` or `1.5: a "
                "red circle`"
            )
        if timed is None and found:
            found[-1] = found[-1]._replace(prompt=f"{found[-1].prompt} {line.strip()}".strip())
            continue
        begin, prompt = (0.0, line) if timed is None else (float(timed[1]), timed[2])
        found.append(Stretch(begin, prompt.strip()))
    if not found:
        raise ValueError("got no prompt, expected lines such as `0: a red circle` and `1.5: a blue circle`")
    begins = [stretch.begin for stretch in found]
    if begins[0] != 0 or sorted(set(begins)) != begins or len(found) > MOST:
        raise ValueError(
            f"got prompts from {', '.join(f'{begin:g}' for begin in begins[:8])} s on, expected at most {MOST} with "
            "times that rise from 0"
        )
    if empty := [begin for begin, prompt in found if not prompt]:
        raise ValueError(f"got no prompt from {empty[0]:g} s on, expected one after the colon")
    return found


def stretch_shares(begins: Sequence[float], frames: int, grid: TimeGrid, crossfade: float = 0.0) -> torch.Tensor:
    """Shares [P T] of P prompts on a canvas of `frames` pixel frames; those of a latent frame sum to 1.

    begins: the frame at which each stretch begins, rising; the first one begins the canvas. crossfade: frames over
    which one prompt passes into the next, half of them before it begins. A latent frame has the mean of its frames.
    Raises ValueError for stretches that do not follow each other on the canvas.
    """
    starts = [float(begin) for begin in begins]
    if not starts or starts[0] != 0 or sorted(set(starts)) != starts or not starts[-1] < frames:
        raise ValueError(f"got stretches from frames {starts} on, expected 0 first and then rising below {frames}")
    if not 0 <= crossfade <= frames:
        raise ValueError(f"got a crossfade of {crossfade:g} frames, expected 0 to {frames}")
    middles = torch.arange(frames, dtype=torch.float64) + 0.5
    reached = [torch.ones_like(middles), *(_rise(middles - start, crossfade) for start in starts[1:])]
    reached.append(torch.zeros_like(middles))
    by_frame = [torch.minimum(now, 1 - later) for now, later in pairwise(reached)]
    shares = torch.stack(by_frame)
    shares = shares / shares.sum(dim=0)
    spans = [grid.span(latent) for latent in range(grid.latents_of(frames))]
    return torch.stack([shares[:, span.start : span.stop].mean(dim=1) for span in spans], dim=1).float()


def _rise(after: torch.Tensor, crossfade: float) -> torch.Tensor:
    """From 0 to 1 over a crossfade around 0."""
    return (after > 0).double() if crossfade == 0 else (after / crossfade + 0.5).clamp(0, 1)
