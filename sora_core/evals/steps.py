"""Changes of clips from frame to frame, and their ratio at seams to those at comparable frames.

A ratio of 1 is a seam that cannot be told from the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from ..video.lab import to_lab
from ..world.flat.checks import object_track
from .intervals import Interval, ratio_of_means


class Steps(NamedTuple):
    """Changes of clips from frame to frame.

    colour: [B F-1] Lab distance of the mean colours.
    flicker: [B F-1] mean absolute change of a value in 0..255.
    motion: [B F-2] second difference of the object's position, in pixels.
    """

    colour: torch.Tensor
    flicker: torch.Tensor
    motion: torch.Tensor


class Ratios(NamedTuple):
    """Ratio of each of Steps at seams to that at comparable frames without a seam."""

    colour: Interval
    flicker: Interval
    motion: Interval


def ratios_at(clips: torch.Tensor, seams: Sequence[int], time: int, others: Sequence[int] = ()) -> Ratios:
    """Compute ratios for uint8 clips [B F H W 3] with seams before these frames.

    Two second differences cross each seam. time: pixel frames of a latent frame; one starts at each seam. others: more
    seams, which are not compared with.
    """
    phases = {(seam - 1) % time for seam in seams}
    motion_phases = phases | {(seam - 2) % time for seam in seams}
    return _ratios(steps_of(clips), seams, others, (phases, motion_phases), time)


def ratios_at_turn(clips: torch.Tensor, time: int) -> Ratios:
    """Compute ratios for loops in uint8 [B F H W 3] that end with their first two frames again.

    A loop turns inside a latent frame, of `time` pixel frames, so it is compared with all changes inside latent frames.
    It starts with the last frame of a latent frame, so the later of the second differences across the turn also
    crosses into the next latent frame; so do half of those it is compared with.
    """
    turn, (colour, flicker, motion) = clips.shape[1] - 2, steps_of(clips)
    once = Steps(colour[:, :turn], flicker[:, :turn], motion)  # the change after the turn repeats the first one
    return _ratios(once, [turn], (), (set(range(1, time)), {time - 2, time - 1}), time)


def steps_of(frames: torch.Tensor) -> Steps:
    """Measure uint8 clips [B F H W 3]."""
    colour = to_lab(frames / 255).mean(dim=(3, 4)).diff(dim=1).norm(dim=2)
    flicker = frames.float().diff(dim=1).abs().mean(dim=(2, 3, 4))
    positions = torch.stack([object_track(clip.movedim(-1, 0) / 255) for clip in frames])
    return Steps(colour, flicker, positions.diff(n=2, dim=1).norm(dim=2))


def _ratios(
    steps: Steps, seams: Sequence[int], others: Sequence[int], phases: tuple[set[int], set[int]], time: int
) -> Ratios:
    """Compute ratios. phases: positions in a latent frame of the changes, and of the motion, to compare with."""
    across, both = (_before(seams, reach) for reach in ((1,), (2, 1)))
    not_across, not_both = (_before(others, reach) for reach in ((1,), (2, 1)))
    return Ratios(
        _ratio(steps.colour, across, not_across, phases[0], time),
        _ratio(steps.flicker, across, not_across, phases[0], time),
        _ratio(steps.motion, both, not_both, phases[1], time),
    )


def _before(seams: Sequence[int], reach: tuple[int, ...]) -> list[int]:
    """Places of the changes that cross seams."""
    return [seam - back for seam in seams for back in reach]


def _ratio(values: torch.Tensor, at: list[int], beside: list[int], phases: set[int], time: int) -> Interval:
    """Compute the ratio of values [B N] at the seams to all others at these positions in a latent frame."""
    is_seam, is_comparable = torch.zeros(2, values.shape[1], dtype=torch.bool)
    for phase in phases:
        is_comparable[phase::time] = True
    for change in (*at, *beside):
        if 0 <= change < len(is_seam):  # a clip may begin or end beside a seam
            is_seam[change], is_comparable[change] = change in at, False
    return ratio_of_means(values[:, is_seam].mean(dim=1), values[:, is_comparable].mean(dim=1))
