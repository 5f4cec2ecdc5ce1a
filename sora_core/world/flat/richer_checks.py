"""Checks that read the richer kinds of scenes from frames.

They find objects by colour, because the ground may be striped and other things are in view.
"""

from __future__ import annotations

import math
from functools import singledispatch

import torch

from ..colour_distance import colour_distance
from ..palette import Colour
from .attributes import Attributes, Direction
from .checks import FIRST_MOTION_SECONDS, first_motion, fitting_shape, mask_centres, read_attributes
from .kinds import Hidden, Pair, Panned, Scene, Size, Sized
from .scenes import RADIUS_RANGE, STRIPE_PERIOD

COLOUR_REACH = 0.3  # largest rgb distance from a colour at which a pixel counts as that colour
MIN_AREA = 0.01  # share of the frame
HIDDEN, BACK = 0.3, 0.7  # shares of its first area: below the first an object is hidden, above the second it is back
MIN_WALL = 0.06  # share of the frame
MIN_TURN = 0.6  # phase in radians by which the stripes must move over FIRST_MOTION_SECONDS


@singledispatch
def check_scene(wanted: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    """Check a clip against its scene; returns each attribute and whether it is there. frames: [3 F H W] in -1..1."""
    raise TypeError(f"no check for {type(wanted).__name__}")


@check_scene.register
def _(wanted: Attributes, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    return dict(zip(Attributes._fields, read_attributes(frames, fps).matches(wanted), strict=True))


@check_scene.register
def _(wanted: Sized, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    found, radius = _check_object(_unit(frames), wanted.first, fps)
    small = radius < (Size.SMALL.range[1] + RADIUS_RANGE[0]) / 2
    large = radius > (Size.LARGE.range[0] + RADIUS_RANGE[1]) / 2
    return {**found, "size": small if wanted.size is Size.SMALL else large}


@check_scene.register
def _(wanted: Pair, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    first, _ = _check_object(_unit(frames), wanted.first, fps)
    second, _ = _check_object(_unit(frames), wanted.second, fps)
    return {**first, **{f"second {name}": value for name, value in second.items()}}


@check_scene.register
def _(wanted: Panned, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    """The object and the stripes must move in the opposite direction on the screen."""
    pixels = _unit(frames)
    mask = _colour_mask(pixels, wanted.first.colour)
    there = bool(mask[0].mean() > MIN_AREA)
    opposite = wanted.first.direction.opposite
    moved, _ = first_motion(mask_centres(mask), mask.shape[1:], fps) if there else (None, None)
    return {
        "object": there and fitting_shape(mask[:1], mask_centres(mask[:1]))[0] is wanted.first.shape,
        "camera": moved is opposite and _ground_motion(pixels, mask, wanted.first.direction, fps) is opposite,
    }


@check_scene.register
def _(wanted: Hidden, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    """The object must be whole, then hidden, then whole again farther on."""
    pixels = _unit(frames)
    mask = _colour_mask(pixels, wanted.first.colour)
    wall = colour_distance(pixels, wanted.wall.rgb) < COLOUR_REACH / 2
    # columns with the wall's colour from top to bottom
    is_wall = (wall.float().mean(dim=1) > 0.8).float().mean(dim=(0, 1)) > MIN_WALL
    area, x = mask.sum(dim=(1, 2)), mask_centres(mask)[:, 1]
    whole = area[:2].median()
    gone = (area < HIDDEN * whole).nonzero().flatten()
    if not bool(mask[0].mean() > MIN_AREA) or not len(gone):
        return {"object": False, "wall": bool(is_wall), "permanence": False}
    back = [frame for frame in range(int(gone[0]) + 1, len(area)) if area[frame] > BACK * whole]
    side = wanted.first.direction.step[1]
    farther = [frame for frame in back if side * float(x[frame] - x[0]) > 0.2 * x.new_tensor(mask[0].numel()).sqrt()]
    same = farther and fitting_shape(mask[farther], mask_centres(mask[farther]))[0] is wanted.first.shape
    return {
        "object": fitting_shape(mask[:1], mask_centres(mask[:1]))[0] is wanted.first.shape,
        "wall": bool(is_wall),
        "permanence": bool(same),
    }


def coloured_track(frames: torch.Tensor, colour: Colour) -> torch.Tensor:
    """Compute the centre of the pixels of a colour in each frame: [3 F H W] in -1..1 -> [F 2] in pixels as (y, x)."""
    return mask_centres(_colour_mask(_unit(frames), colour))


def _unit(frames: torch.Tensor) -> torch.Tensor:
    return (frames.float() / 2 + 0.5).clamp(0, 1)


def _colour_mask(pixels: torch.Tensor, colour: Colour) -> torch.Tensor:
    """Mark the pixels [3 F H W] in 0..1 that are near this colour and nearest to it of all: [F H W], 0 or 1."""
    distances = torch.stack([colour_distance(pixels, other.rgb) for other in Colour])
    distance = distances[list(Colour).index(colour)]
    return ((distance == distances.amin(dim=0)) & (distance < COLOUR_REACH)).float()


def _check_object(pixels: torch.Tensor, wanted: Attributes, fps: float) -> tuple[dict[str, bool], float]:
    """Check that an object of this colour is in all frames, and its shape and motion; returns its radius too."""
    mask = _colour_mask(pixels, wanted.colour)
    if not bool((mask.mean(dim=(1, 2)) > MIN_AREA).all()):
        return {"object": False, "motion": False}, 0.0
    track = mask_centres(mask)
    shape, radius = fitting_shape(mask, track)
    motion = first_motion(track, mask.shape[1:], fps)
    found = {"object": shape is wanted.shape, "motion": motion == (wanted.direction, wanted.speed)}
    return found, radius / (mask.shape[1] * mask.shape[2]) ** 0.5


def _ground_motion(pixels: torch.Tensor, mask: torch.Tensor, along: Direction, fps: float) -> Direction | None:
    """Measure the stripes' direction on the screen, along the axis of `along`; None if they do not move."""
    _, height, width = mask.shape
    axis = 1 if along.step[0] else 2  # of [F H W]
    brightness = torch.where(mask > 0, torch.nan, pixels.mean(dim=0))
    profile = brightness.nanmedian(dim=3 - axis).values  # [F L]
    profile = torch.nan_to_num(profile - profile.nanmean(dim=1, keepdim=True))
    position = torch.arange(profile.shape[1]) + 0.5
    turn = torch.polar(torch.ones_like(position), -2 * math.pi * position / (STRIPE_PERIOD * (height * width) ** 0.5))
    phase = (profile.to(turn) @ turn).angle()  # [F]
    steps = (phase.diff() + math.pi).remainder(2 * math.pi) - math.pi
    turned = -float(steps[: max(2, round(FIRST_MOTION_SECONDS * fps))].sum())  # radians, positive towards larger y or x
    if abs(turned) < MIN_TURN:
        return None
    sign = 1 if turned > 0 else -1
    return Direction((sign, 0) if axis == 1 else (0, sign))
