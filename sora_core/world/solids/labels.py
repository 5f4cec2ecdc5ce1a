"""Labels of pixels: which object's colour a pixel shows, or sky and floor; and which sky and floor these are.

A pixel takes the label of the nearest colour among those that the renderer can make: each object's colour in this
light at every brightness, and the floor's tones and the sky's colours at every shade and in every fog.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import TypeVar

import torch

from ..palette import Colour
from .attributes import Floor, Sky
from .renderer import AMBIENT, DIFFUSE, SECTOR_TONE, SHADOW

LEVELS = 64  # of each of red, green and blue in the table of labels
STRIP = 0.15  # share of the frame's height at the top that shows the sky, and at the bottom that shows the floor
NEAR = 0.12  # largest rgb distance at which a pixel of a strip counts for a sky or a floor
MAJORITY = 0.5  # share of the pixels that count in a strip, which the sky or the floor must reach
BACKGROUND = len(Colour)

Named = TypeVar("Named", Floor, Sky)


def read_sky(pixels: torch.Tensor) -> Sky | None:
    """Read the sky at the top of frames [3 F H W] in 0..1; None if it is none of them."""
    strip = pixels[:, :, : max(1, round(STRIP * pixels.shape[2]))]
    return _vote(strip, {sky: _sky_colours(sky) for sky in Sky})


def read_floor(pixels: torch.Tensor, sky: Sky) -> Floor | None:
    """Read the floor at the bottom of frames [3 F H W] in 0..1 under this sky; None if it is none of them."""
    strip = pixels[:, :, -max(1, round(STRIP * pixels.shape[2])) :]
    light = torch.tensor(sky.light)
    return _vote(strip, {floor: torch.tensor([floor.light, floor.dark]) * light for floor in Floor})


def label_pixels(pixels: torch.Tensor, floor: Floor, sky: Sky) -> torch.Tensor:
    """Label frames [3 F H W] in 0..1: the index of an object's Colour, or BACKGROUND; uint8 [F H W]."""
    red, green, blue = (pixels * (LEVELS - 1)).round().long().clamp(0, LEVELS - 1)
    return _table(floor, sky)[(red * LEVELS + green) * LEVELS + blue]


def _vote(strip: torch.Tensor, colours: dict[Named, torch.Tensor]) -> Named | None:
    """Find the name with a colour nearest to most pixels of a strip [3 ...]."""
    points = strip.flatten(1).T  # [N 3]
    distances = torch.stack([torch.cdist(points, one).amin(dim=1) for one in colours.values()])  # [names N]
    nearest, winner = distances.min(dim=0)
    votes = torch.bincount(winner[nearest < NEAR], minlength=len(colours))
    share = float(votes.max()) / len(points)
    return list(colours)[int(votes.argmax())] if share > MAJORITY * STRIP_SHOWN else None


STRIP_SHOWN = 0.5  # share of a strip that objects leave uncovered


def _sky_colours(sky: Sky) -> torch.Tensor:
    """List the colours of a sky from horizon to zenith: [N 3]."""
    share = torch.linspace(0, 1, 12)[:, None]
    return torch.lerp(torch.tensor(sky.horizon), torch.tensor(sky.zenith), share)


def _floor_colours(floor: Floor, sky: Sky) -> torch.Tensor:
    """List the colours of a floor in light, shadow and fog: [N 3]."""
    tones = torch.tensor([floor.light, floor.dark]) * torch.tensor(sky.light)
    tones = torch.stack([*tones, tones.mean(dim=0)])
    shaded = torch.linspace(1 - SHADOW, 1, 5)[:, None, None] * tones
    fog = torch.linspace(0, 1, 7)[:, None, None, None]
    return torch.lerp(shaded[None], torch.tensor(sky.horizon), fog).flatten(0, 2)


@cache
def _table(floor: Floor, sky: Sky) -> torch.Tensor:
    """Label every colour of LEVELS^3: uint8 [LEVELS^3]."""
    level = torch.linspace(0, 1, LEVELS)
    points = torch.cartesian_prod(level, level, level)  # [N 3]
    bright = torch.linspace(0.9 * SECTOR_TONE * AMBIENT, AMBIENT + DIFFUSE, 24)[:, None]
    light = torch.tensor(sky.light)
    distances = [_distance(points, (bright * torch.tensor(colour.rgb) * light).clamp(max=1)) for colour in Colour]
    distances.append(_distance(points, torch.cat([_sky_colours(sky), _floor_colours(floor, sky)])))
    return torch.stack(distances).argmin(dim=0).to(torch.uint8)


def _distance(points: torch.Tensor, colours: torch.Tensor) -> torch.Tensor:
    return torch.cat([torch.cdist(part, colours).amin(dim=1) for part in points.split(1 << 15)])


def colour_label(colour: Enum) -> int:
    """Return the label of an object's colour."""
    return list(Colour).index(Colour(colour))
