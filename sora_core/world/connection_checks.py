"""Does a clip pass from what it begins with into what it ends with, as a true transition between the same ends does?

The way is free: the true one only sets the scale of what may happen from frame to frame. A hard cut between places that
lie apart fails. So does a dissolve, but over less than about half a body's width it cannot be told from a motion.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from .checks import body_mask, mask_centres

STEP_MARGIN = 2.0  # pixels by which the body's largest step may exceed the true one
AREA_MARGIN = 1.5  # by which a body may be larger or smaller than the true one ever is
SPREAD_MARGIN = 1.2  # by which its spread may exceed the largest true one; a VAE adds up to a tenth
COLOUR_MARGIN = 4.0  # by which the largest step of the mean colour may exceed the true one: a quarter of the way's time
COLOUR_FLOOR = 0.03  # rgb in 0..1 that may be added to that; what a VAE does


class Passage(NamedTuple):
    """A clip frame by frame.

    place: [F 2] centre of the body in pixels. area: [F] share of the frame that differs from its median colour.
    spread: [F] mean squared distance from the centre over the area, both in pixels: 0.16 for a circle, 0.19 for a
        triangle, more for two bodies or for rags.
    colour: [F 3] mean rgb in 0..1.
    """

    place: torch.Tensor
    area: torch.Tensor
    spread: torch.Tensor
    colour: torch.Tensor


def passage_of(frames: torch.Tensor) -> Passage:
    """Measure a clip [3 F H W] in -1..1; its background may change."""
    pixels = (frames.float() / 2 + 0.5).clamp(0, 1)
    mask = body_mask(pixels, pixels.flatten(2).median(dim=2).values)  # [F H W]
    place = mask_centres(mask)
    y, x = (torch.arange(size) + 0.5 for size in mask.shape[1:])
    away = (y[:, None] - place[:, 0, None, None]).square() + (x - place[:, 1, None, None]).square()  # [F H W]
    weight = mask.sum(dim=(1, 2)).clamp(min=1e-6)
    spread = (mask * away).sum(dim=(1, 2)) / weight.square()
    return Passage(place, mask.mean(dim=(1, 2)), spread, pixels.mean(dim=(2, 3)).T)


def check_connection(frames: torch.Tensor, truth: torch.Tensor) -> dict[str, bool]:
    """What holds of a clip, by name. frames, truth: [3 F H W] in -1..1, both ends included: a VAE may smear a jump."""
    seen, true = passage_of(frames), passage_of(truth)
    there = (seen.area > true.area.min() / AREA_MARGIN) & (seen.area < true.area.max() * AREA_MARGIN)
    one_body = there & (seen.spread < true.spread.max() * SPREAD_MARGIN)
    return {
        "no jump": _largest_step(seen.place) < _largest_step(true.place) + STEP_MARGIN,
        "one body": bool(one_body.all()),
        "no cut": _largest_step(seen.colour) < _largest_step(true.colour) * COLOUR_MARGIN + COLOUR_FLOOR,
    }


def _largest_step(values: torch.Tensor) -> float:
    """From frame to frame, of values [F N]."""
    return float(values.diff(dim=0).norm(dim=1).max())
