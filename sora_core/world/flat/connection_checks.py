"""Checks whether a clip goes from one clip to another as smoothly as the true transition.

The path is free; the true one only sets the scale of changes from frame to frame. A cut between distant positions
fails, and so does a dissolve. Over less than about half an object's width a dissolve passes as motion.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from .checks import mask_centres, object_mask

STEP_MARGIN = 2.0 / 64  # of sqrt(height * width), by which the object's largest step may exceed the true one
AREA_MARGIN = 1.5  # factor by which an object may be larger or smaller than the true one ever is
SPREAD_MARGIN = 1.2  # factor by which its spread may exceed the largest true one; a VAE adds up to a tenth
COLOUR_MARGIN = 4.0  # factor by which the largest step of the mean colour may exceed the true one
COLOUR_FLOOR = 0.03  # rgb in 0..1 that may be added to that, for the VAE


class Passage(NamedTuple):
    """Measurements of each frame of a clip.

    position: [F 2] centre of the object in pixels.
    area: [F] share of the frame that differs from its median colour.
    spread: [F] mean squared distance from the centre divided by the area, both in pixels: 0.16 for a circle, 0.19 for
        a triangle, more for two objects or for fragments.
    colour: [F 3] mean rgb in 0..1.
    """

    position: torch.Tensor
    area: torch.Tensor
    spread: torch.Tensor
    colour: torch.Tensor


def passage_of(frames: torch.Tensor) -> Passage:
    """Measure a clip [3 F H W] in -1..1; its background may change."""
    pixels = (frames.float() / 2 + 0.5).clamp(0, 1)
    mask = object_mask(pixels, pixels.flatten(2).median(dim=2).values)  # [F H W]
    position = mask_centres(mask)
    y, x = (torch.arange(size) + 0.5 for size in mask.shape[1:])
    away = (y[:, None] - position[:, 0, None, None]).square() + (x - position[:, 1, None, None]).square()  # [F H W]
    weight = mask.sum(dim=(1, 2)).clamp(min=1e-6)
    spread = (mask * away).sum(dim=(1, 2)) / weight.square()
    return Passage(position, mask.mean(dim=(1, 2)), spread, pixels.mean(dim=(2, 3)).T)


def check_connection(frames: torch.Tensor, truth: torch.Tensor) -> dict[str, bool]:
    """Check a transition; returns each criterion and whether it holds.

    frames, truth: [3 F H W] in -1..1, including both ends, because a VAE may smear a jump.
    """
    made, true = passage_of(frames), passage_of(truth)
    there = (made.area > true.area.min() / AREA_MARGIN) & (made.area < true.area.max() * AREA_MARGIN)
    one_object = there & (made.spread < true.spread.max() * SPREAD_MARGIN)
    margin = STEP_MARGIN * (frames.shape[2] * frames.shape[3]) ** 0.5
    return {
        "no jump": _largest_step(made.position) < _largest_step(true.position) + margin,
        "one object": bool(one_object.all()),
        "no cut": _largest_step(made.colour) < _largest_step(true.colour) * COLOUR_MARGIN + COLOUR_FLOOR,
    }


def _largest_step(values: torch.Tensor) -> float:
    """Return the largest change of values [F N] from frame to frame."""
    return float(values.diff(dim=0).norm(dim=1).max())
