"""Checks that read the attributes of strokes and of meals from their frames, without a learnt model.

Pixels are told apart by their colours. A stroke's course is that of the six, fitted to where paint is, that covers it
best; food is that of the three, drawn at its place and size, which looks most like the first frame.
"""

from __future__ import annotations

import math
from functools import singledispatch

import torch
from torch.nn.functional import avg_pool2d

from ..colour_distance import colour_distance
from ..dilation import dilated
from ..palette import Colour
from .attributes import Food, Paper, Path, Side, Way
from .renderer import BRUSH, PIECES, TIP_SHADE, food_picture, stroke_coverage
from .scenes import LIFT_SECONDS, STROKE_RADIUS, Eating, Painting, Scene, figure

REACH = 0.25  # rgb distance up to which a pixel counts as paint, icing or skin of a colour
PAPER_REACH = 0.13  # and as paper
MIN_AREA = 0.012  # share of the frame that a whole stroke covers at least
FOOD_AREA = (0.08, 0.5)  # shares of the frame that whole food can cover
MIN_FIT = 0.6  # intersection over union of a stroke and a course
THIN = 0.45 * STROKE_RADIUS  # half of the thickness, in units, up to which something is no stroke
THIN_FOOD = 0.016  # and no food
SMOOTH = 3  # pixels of the box that pictures of food are averaged over
FLAT = 2.0  # radii of a stroke within which its middle line counts as straight
MAX_FOOD_ERROR = 0.2  # root mean square difference (rgb in 0..1) of food from how it should look
LOST = 0.04  # share of paint, or of what is gone, that may be missed later
FRESH = 0.01  # share of a whole stroke that is new in a frame in which the brush moves
MIN_GROWTH = 4  # frames in which the brush moves
BEGUN = 0.4  # share of the whole stroke that may be there in the first frame
NIBBLE, BITE = 0.006, 0.03  # shares of the food: that goes in a frame of a bite, and in all of it


@singledispatch
def check_scene(scene: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    """Read each attribute of a scene back from frames [3 F H W] in -1..1: whether it is there.

    What the clip is too short to show is missing from the answer.
    """
    raise TypeError(f"no check for {type(scene).__name__}")


@check_scene.register
def _(scene: Painting, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    pixels = _unit(frames)
    wanted = scene.wanted
    found = {
        "colour": _colour(pixels[:, -1], wanted.paper) is wanted.colour,
        "paper": _paper(pixels) is wanted.paper,
    }
    if (pixels.shape[1] - 1) / fps < scene.end + LIFT_SECONDS:
        return found
    paint, bare = _stroke(pixels, wanted.colour, wanted.paper)
    paint, bare = _stroke(pixels, wanted.colour, wanted.paper)
    ever = _so_far(paint)  # [F H W]
    drawn = bool(ever[-1].float().mean() > MIN_AREA)
    return {
        **found,
        "grows": drawn and _grows(ever),
        "path": drawn and fitting_path(ever[-1]) is wanted.path,
        "way": drawn and _way(ever, wanted.path) is wanted.way,
        "permanence": drawn and _stays(ever, bare),
    }


@check_scene.register
def _(scene: Eating, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    pixels = _smooth(_unit(frames))
    wanted = scene.wanted
    bare = colour_distance(pixels, wanted.paper.rgb) < PAPER_REACH  # [F H W]
    whole = _without_thin(~bare[:1], THIN_FOOD)[0]
    there = FOOD_AREA[0] < float(whole.float().mean()) < FOOD_AREA[1]
    found = {
        "food": there and _food(scene, pixels[:, 0], whole) is wanted.food,
        "colour": _colour(pixels[:, 0], wanted.paper) is wanted.colour,
        "paper": _paper(pixels) is wanted.paper,
    }
    if (pixels.shape[1] - 1) / fps <= scene.times[-1]:
        return found
    gone = _without_thin(bare & whole, THIN_FOOD)
    bitten = bool(gone.any(dim=0).sum() > BITE * whole.sum())
    return {
        **found,
        "bites": there and count_bites(gone, whole) == wanted.bites,
        "side": there and _side(gone[-1], whole) is wanted.side,
        "permanence": bitten and _stays(_so_far(gone), _without_thin(~bare, THIN_FOOD)),
    }


def fitting_path(drawn: torch.Tensor) -> Path | None:
    """Find the course that covers a stroke best; None if none does. drawn: [H W] bool."""
    height, width = drawn.shape
    radius = STROKE_RADIUS * (height * width) ** 0.5
    part = torch.linspace(0, 1, PIECES + 1)
    rows, columns = ((drawn.sum(dim=axis) > 1).nonzero().flatten() for axis in (1, 0))
    if not len(rows) or not len(columns):
        return None
    top, bottom, left, right = (float(edge) for edge in (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1))
    middle = torch.tensor([(top + bottom) / 2, (left + right) / 2])
    tall, wide = max(bottom - top - 2 * radius, 0.0), max(right - left - 2 * radius, 0.0)
    paths = [Path.DIAGONAL, Path.WAVE, Path.ZIGZAG, Path.RING]
    if min(tall, wide) < FLAT * radius:  # every other course would degenerate to a straight line
        paths = [Path.LINE if tall < wide else Path.UPRIGHT]
    fits: dict[Path, float] = {}
    for path in paths:
        for mirrored in (False, True) if path is not Path.RING and len(paths) > 1 else (False,):
            nodes = figure(path, part, tall, wide, mirrored=mirrored) + middle
            asked = stroke_coverage(nodes, drawn) > 0.5
            fit = float((asked & drawn).sum() / (asked | drawn).sum())
            fits[path] = max(fit, fits.get(path, 0.0))
    best = max(fits, key=lambda path: fits[path])
    return best if fits[best] >= MIN_FIT else None


def count_bites(gone: torch.Tensor, whole: torch.Tensor) -> int:
    """Count how often a part of the food goes. gone: [F H W] bool, whole: [H W] bool, the food at first."""
    area = gone.sum(dim=(1, 2)) / whole.sum()
    bites, running = 0, 0.0
    for more in [*area.diff().tolist(), 0.0]:
        if more >= NIBBLE:
            running += more
        else:
            bites += running >= BITE
            running = 0.0
    return bites


def _unit(frames: torch.Tensor) -> torch.Tensor:
    return (frames.float() / 2 + 0.5).clamp(0, 1)


def _smooth(pixels: torch.Tensor) -> torch.Tensor:
    """Average pixels [3 F H W] over a small box."""
    return avg_pool2d(pixels, SMOOTH, stride=1, padding=SMOOTH // 2, count_include_pad=False)


def _paper(pixels: torch.Tensor) -> Paper:
    """Read the paper as the median colour of the first frame."""
    median = pixels[:, 0].flatten(1).median(dim=1).values
    return min(Paper, key=lambda paper: float(colour_distance(median, paper.rgb)))


def _colour(picture: torch.Tensor, paper: Paper) -> Colour | None:
    """Read the colour of the palette of which a picture [3 H W] has the most; None if it has none."""
    other = [paper.rgb, *(part[3] for part in BRUSH)]
    distances = torch.stack([colour_distance(picture, colour) for colour in [*(one.rgb for one in Colour), *other]])
    best, nearest = distances.min(dim=0)
    counts = torch.bincount(nearest[best < REACH], minlength=len(distances))[: len(Colour)]
    return list(Colour)[int(counts.argmax())] if bool(counts.any()) else None


def _stroke(pixels: torch.Tensor, colour: Colour, paper: Paper) -> tuple[torch.Tensor, torch.Tensor]:
    """Mark paint of this colour, without the tip of the brush, and bare paper: [F H W] and [F H W], bool."""
    red, green, blue = (TIP_SHADE * channel for channel in colour.rgb)
    kinds = (colour.rgb, paper.rgb, (red, green, blue), *(part[3] for part in BRUSH))
    distances = torch.stack([colour_distance(pixels, one) for one in kinds])
    best, nearest = distances.min(dim=0)
    return _without_thin((nearest == 0) & (best < REACH), THIN), distances[1] < PAPER_REACH


def _without_thin(marked: torch.Tensor, thin: float) -> torch.Tensor:
    """Leave out what is thinner than twice `thin` units: a morphological opening of [F H W] bool."""
    half = max(1, int(thin * (marked.shape[1] * marked.shape[2]) ** 0.5))
    inner = 1 - dilated((~marked).float(), half)
    return dilated(inner, half) > 0


def _so_far(marked: torch.Tensor) -> torch.Tensor:
    """Mark what was marked in this or an earlier frame: [F H W] bool."""
    return marked.byte().cummax(dim=0).values.bool()


def _stays(ever: torch.Tensor, undone: torch.Tensor) -> bool:
    """Return whether what is marked in `ever` [F H W], which only grows, is never undone in a later frame."""
    lost = (ever[:-1] & undone[1:]).sum(dim=(1, 2))
    return bool((lost <= LOST * ever[-1].sum()).all())


def _grows(ever: torch.Tensor) -> bool:
    """Return whether paint comes little by little."""
    area = ever.float().sum(dim=(1, 2))
    fresh = (area.diff() > FRESH * area[-1]).sum()
    return bool(area[0] < BEGUN * area[-1]) and int(fresh) >= MIN_GROWTH


def _way(ever: torch.Tensor, path: Path) -> Way | None:
    """Read the direction of the brush from where paint is new."""
    fresh = ever[1:] & ~ever[:-1]
    fresh = fresh[fresh.sum(dim=(1, 2)) > FRESH * ever[-1].sum()]
    if len(fresh) < 2:
        return None
    track = torch.stack([one.nonzero().float().mean(dim=0) for one in fresh])  # [N 2]
    if path is Path.RING:
        places = ever[-1].nonzero().float()
        away = track - (places.amin(dim=0) + places.amax(dim=0)) / 2
        turned = (torch.atan2(away[:, 0], away[:, 1]).diff() + math.pi).remainder(2 * math.pi) - math.pi
        onward = float(turned.sum())
    else:
        onward = float((track[-1] - track[0])[0 if path is Path.UPRIGHT else 1])
    return Way.ONWARD if onward > 0 else Way.BACK


def _food(scene: Eating, picture: torch.Tensor, whole: torch.Tensor) -> Food | None:
    """Find the food that looks most like the first frame [3 H W], at the place and size of what is there."""
    radius, centre = _disc(whole)
    paper = torch.tensor(scene.wanted.paper.rgb, device=picture.device)[:, None, None].expand_as(picture)
    errors = {}
    for food in Food:
        asked, _ = food_picture(food, scene.wanted.colour.rgb, radius, centre, paper)
        errors[food] = float((asked - picture).square().mean(dim=0)[whole].mean().sqrt())
    best = min(errors, key=lambda food: errors[food])
    return best if errors[best] < MAX_FOOD_ERROR else None


def _disc(whole: torch.Tensor) -> tuple[float, tuple[float, float]]:
    """Measure the radius and the centre (y, x) of food: as wide as it is, and resting on its lowest row."""
    rows, columns = ((whole.sum(dim=axis) > 1).nonzero().flatten() for axis in (1, 0))
    radius = float(columns[-1] + 1 - columns[0]) / 2
    return radius, (float(rows[-1] + 1) - radius, float(columns[0]) + radius)


def _side(gone: torch.Tensor, whole: torch.Tensor) -> Side | None:
    """Read the side on which food is gone."""
    if not bool(gone.any()):
        return None
    _, centre = _disc(whole)
    y, x = (gone.nonzero().float() + 0.5).mean(dim=0).tolist()
    return max(Side, key=lambda side: (y - centre[0]) * side.step[0] + (x - centre[1]) * side.step[1])
