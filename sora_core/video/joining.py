"""Clips that overlap in time as one, or one with itself: colours matched, and a cross-fade inside the overlap alone.

Colours are matched by mean and deviation of each Lab channel (Reinhard et al., "Color transfer between images", 2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import torch
from kornia.color import lab_to_rgb, rgb_to_lab

AT_ONCE = 32  # frames that are converted together
LEAST_DEVIATION = 1.0  # of a Lab channel; a flatter one is shifted and not stretched
MOST_STRETCH = 1.5


def join(first: torch.Tensor, second: torch.Tensor, overlap: int, *, keep_second: bool = False) -> torch.Tensor:
    """Frames [F H W 3] and [G H W 3] in 0..1, the last `overlap` of which show the same -> [F+G-overlap H W 3].

    The first clip keeps its colours, or with keep_second the second, and the other is matched to it. Outside the
    overlap the frames of the one that keeps them come back bit for bit. Without an overlap nothing is matched.

    Raises ValueError where sizes differ, or the overlap is longer than one of the clips.
    """
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(f"got frames of {tuple(first.shape[1:])} and {tuple(second.shape[1:])}, expected one size")
    if not 0 <= overlap <= min(len(first), len(second)):
        raise ValueError(
            f"got an overlap of {overlap} frames of clips of {len(first)} and {len(second)}, expected it within both"
        )
    if not overlap:
        return torch.cat([first, second])
    one, two = first[len(first) - overlap :], second[:overlap]
    if keep_second:
        first = matched(first, one, two)
        one = first[len(first) - overlap :]
    else:
        second = matched(second, two, one)
        two = second[:overlap]
    share = _shares(overlap).to(first)[:, None, None, None]
    return torch.cat([first[: len(first) - overlap], torch.lerp(one, two, share), second[overlap:]])


def closed(frames: Iterable[torch.Tensor], turn: int, overlap: int) -> Iterator[torch.Tensor]:
    """Yield `turn` frames [H W 3] that can be played again and again, of a clip that ends with its beginning once more.

    frames: turn + overlap of them, in 0..1, the last `overlap` of which show the same as the first. Decoded where a
    clip goes on, a frame is never quite what it is at its very beginning: so the loop begins with the first frame that
    is shown once, and ends with the others, faded from the later showing into the earlier. `overlap` frames are kept.

    Raises ValueError where the overlap is longer than a turn, or the clip ends early.
    """
    if not 0 <= overlap <= turn:
        raise ValueError(
            f"got a turn of {turn} frames and {overlap} more that show its beginning again, expected {turn} at most"
        )
    source = iter(frames)
    earlier = list(islice(source, overlap))
    yield from islice(source, turn - overlap)
    later = list(islice(source, overlap))
    if len(later) < overlap:
        raise ValueError(f"got {len(later)} frames at the end of a loop, expected {overlap}: the clip is too short")
    for one, two, share in zip(later, earlier, _shares(overlap).tolist(), strict=True):
        yield torch.lerp(one, two, share)


def matched(frames: torch.Tensor, sample: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Frames [F H W 3] in 0..1 with the change of colours that makes `sample` look like `reference`."""
    mean, deviation = _statistics(sample)
    wanted_mean, wanted_deviation = _statistics(reference)
    stretch = torch.where(deviation < LEAST_DEVIATION, 1.0, wanted_deviation / deviation.clamp(min=LEAST_DEVIATION))
    stretch = stretch.clamp(1 / MOST_STRETCH, MOST_STRETCH)
    parts = []
    for part in frames.split(AT_ONCE):
        lab = (_lab(part) - mean) * stretch + wanted_mean
        parts.append(lab_to_rgb(lab).clamp(0, 1).movedim(1, -1))
    return torch.cat(parts).to(frames)


def _shares(overlap: int) -> torch.Tensor:
    """[overlap]: how much of the second clip is in each frame of a cross-fade."""
    return torch.arange(1, overlap + 1) / (overlap + 1)


def _lab(frames: torch.Tensor) -> torch.Tensor:
    return rgb_to_lab(frames.float().movedim(-1, 1))  # [F 3 H W]


def _statistics(frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of the Lab channels: [1 3 1 1] each."""
    lab = _lab(frames)
    return lab.mean(dim=(0, 2, 3), keepdim=True), lab.std(dim=(0, 2, 3), keepdim=True)


def join_audio(first: torch.Tensor | None, second: torch.Tensor | None, seam: int) -> torch.Tensor | None:
    """Sound [1 C N] of two clips of one sample rate, either of which may be silent; the second begins at `seam`.

    One channel is repeated to match more; ValueError for other counts that differ.
    """
    if second is None:
        return first
    if first is None:
        return torch.nn.functional.pad(second, (seam, 0))
    counts = first.shape[1], second.shape[1]
    channels = max(counts)
    if not {*counts} <= {1, channels}:
        raise ValueError(f"got sound of {counts[0]} and {counts[1]} channels, expected one count or mono: mix one down")
    one = torch.nn.functional.pad(first[..., :seam], (0, max(0, seam - first.shape[-1])))
    return torch.cat([part.expand(-1, channels, -1) for part in (one, second)], dim=-1)
