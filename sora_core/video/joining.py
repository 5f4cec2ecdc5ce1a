"""Joins clips that overlap in time, or a clip with itself, with matched colours and a cross-fade.

Colours are matched by mean and standard deviation of each Lab channel (Reinhard et al., "Color transfer between
images", 2001). The cross-fade is within the overlap only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch

from .lab import from_lab, to_lab
from .strips import strips

BATCH_FRAMES = 32  # frames converted at a time
MIN_DEVIATION = 1.0  # standard deviation of a Lab channel below which it is shifted but not scaled
MAX_STRETCH = 1.5


def join(first: torch.Tensor, second: torch.Tensor, overlap: int, *, keep_second: bool = False) -> torch.Tensor:
    """Join clips [F H W 3] and [G H W 3] in 0..1 that share `overlap` frames -> [F+G-overlap H W 3].

    overlap: the last frames of the first clip and the first of the second, which show the same. 0 matches no colours.
    keep_second: match the first clip's colours to the second's, not the second's to the first's. Outside the overlap
        the frames of the clip that keeps its colours are returned bit for bit.

    Raises ValueError if sizes differ, or the overlap is longer than one of the clips.
    """
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(f"got frames of {tuple(first.shape[1:])} and {tuple(second.shape[1:])}, expected one size")
    if not 0 <= overlap <= min(len(first), len(second)):
        raise ValueError(
            f"got an overlap of {overlap} frames for clips of {len(first)} and {len(second)}, expected it within both"
        )
    if not overlap:
        return torch.cat([first, second])
    start = len(first) - overlap
    colours = ColourMatch.between(second[:overlap], first[start:])
    if keep_second:
        colours = ColourMatch.between(first[start:], second[:overlap])
    joined = first.new_empty(start + len(second), *first.shape[1:])
    for place in range(0, start, BATCH_FRAMES):
        part = first[place : min(start, place + BATCH_FRAMES)]
        joined[place : place + len(part)] = colours.apply(part) if keep_second else part
    for place, share in enumerate(fade_shares(overlap)):
        one, two = first[start + place], second[place]
        one, two = (colours.apply(one[None])[0], two) if keep_second else (one, colours.apply(two[None])[0])
        joined[start + place] = torch.lerp(one, two, share)
    for place in range(overlap, len(second), BATCH_FRAMES):
        part = second[place : place + BATCH_FRAMES]
        joined[start + place : start + place + len(part)] = part if keep_second else colours.apply(part)
    return joined


@dataclass(frozen=True)
class ColourMatch:
    """A change of colours that makes one picture like another. Means and stretch of the Lab channels: [1 3 1 1]."""

    mean: torch.Tensor
    stretch: torch.Tensor
    wanted_mean: torch.Tensor

    @classmethod
    def between(cls, sample: Iterable[torch.Tensor], reference: Iterable[torch.Tensor]) -> ColourMatch:
        """Return what matches frames [H W 3] in 0..1 to others; both are read once, frame by frame."""
        mean, deviation = _statistics(sample)
        wanted_mean, wanted_deviation = _statistics(reference)
        stretch = torch.where(deviation < MIN_DEVIATION, 1.0, wanted_deviation / deviation.clamp(min=MIN_DEVIATION))
        return cls(mean, stretch.clamp(1 / MAX_STRETCH, MAX_STRETCH), wanted_mean)

    def apply(self, frames: torch.Tensor) -> torch.Tensor:
        """Change frames [F H W 3] in 0..1."""
        made = torch.empty_like(frames)
        for strip in strips(frames.shape[1], frames.shape[2], len(frames)):
            made[:, strip] = from_lab((to_lab(frames[:, strip]) - self.mean) * self.stretch + self.wanted_mean)
        return made


def close_loop(frames: Iterable[torch.Tensor], turn: int, overlap: int) -> Iterator[torch.Tensor]:
    """Yield the `turn` frames [H W 3] of a seamless loop, from a clip that ends with its own start.

    frames: turn + overlap frames in 0..1, the last `overlap` of which show the same as the first. The two versions
        differ a little, because a frame in mid-clip decodes differently from one at the start. So the loop begins with
        frame `overlap` and ends with a cross-fade from the last `overlap` frames to the first.

    Holds `overlap` frames. Raises ValueError if the overlap is longer than a turn, or the clip has another number of
    frames.
    """
    if not 0 <= overlap <= turn:
        raise ValueError(f"got an overlap of {overlap} frames for a loop of {turn}, expected at most {turn}")
    source = iter(frames)
    earlier = list(islice(source, overlap))
    yield from islice(source, turn - overlap)
    later = list(islice(source, overlap))
    if len(later) < overlap:
        raise ValueError(f"got {len(later)} frames after the loop, expected {overlap}: the clip is too short")
    if next(source, None) is not None:
        raise ValueError(f"got more than {turn + overlap} frames, expected {turn} of the loop and {overlap} after it")
    for one, two, share in zip(later, earlier, fade_shares(overlap), strict=True):
        yield torch.lerp(one, two, share)


def match_colours(frames: torch.Tensor, sample: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Transfer colours in frames [F H W 3] in 0..1, with the change that matches `sample` to `reference`."""
    colours = ColourMatch.between(sample, reference)
    return torch.cat([colours.apply(part) for part in frames.split(BATCH_FRAMES)])


def fade_shares(overlap: int) -> list[float]:
    """Return the weight of the second clip in each frame of a cross-fade."""
    return [place / (overlap + 1) for place in range(1, overlap + 1)]


def _statistics(frames: Iterable[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute mean and standard deviation of the Lab channels of frames [H W 3], [1 3 1 1] each."""
    count, total, squares = 0, torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for frame in frames:
        for strip in strips(*frame.shape[:2]):
            lab = to_lab(frame[strip]).flatten(1).double()  # [3 N]
            count += lab.shape[1]
            total += lab.sum(dim=1).cpu()
            squares += lab.square().sum(dim=1).cpu()
    mean = total / count
    deviation = ((squares - count * mean.square()).clamp(min=0) / max(1, count - 1)).sqrt()
    return mean.float().view(1, 3, 1, 1), deviation.float().view(1, 3, 1, 1)
