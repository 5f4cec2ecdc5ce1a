"""Renders strokes and food with antialiased signed distance fields."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch

from ...canvas.shapes import VideoShape
from .attributes import Food, Rgb, Side
from .scenes import (
    BITE_CENTRE,
    BITE_RADIUS,
    STROKE_RADIUS,
    Eating,
    Painting,
    Scene,
    bite_places,
    course,
    food_disc,
    truth,
)

PIECES = 48  # straight pieces that a stroke is made of
BRUSH_AIM = (-0.78, 0.62)  # (y, x) from the tip of the brush to its end
BRUSH: tuple[tuple[float, float, float, Rgb], ...] = (
    (0.12, 0.36, 0.028, (0.66, 0.42, 0.20)),
    (0.07, 0.12, 0.036, (0.78, 0.79, 0.82)),
)
"""Parts of the brush above its tip: from, to, radius in units along BRUSH_AIM, and colour."""
TIP = (0.0, 0.07, 0.040)  # from, to, radius; in the colour that it paints
TIP_SHADE = 0.82  # the tip is a little darker than the stroke

BISCUIT: Rgb = (0.76, 0.51, 0.25)
CHIP: Rgb = (0.30, 0.17, 0.09)
STEM: Rgb = (0.40, 0.25, 0.12)
LEAF: Rgb = (0.30, 0.62, 0.22)
FLESH: Rgb = (0.97, 0.93, 0.78)
SHINE: Rgb = (1.0, 1.0, 1.0)
CRUMB: Rgb = (0.95, 0.80, 0.52)
INSIDE = {Food.APPLE: FLESH, Food.COOKIE: CRUMB, Food.DOUGHNUT: CRUMB}
RIM = 0.10  # width of the inside that a bite lays open, in radii of the food
CHIPS = ((-0.42, -0.12), (-0.10, 0.42), (0.34, 0.14), (0.12, -0.40))  # (y, x) in radii


def render(
    scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""
    frames = torch.empty(len(scenes), 3, *video, device=device)
    for scene, clip in zip(scenes, frames, strict=True):
        clip[:] = _rgb(scene.wanted.paper.rgb, clip)
        times = [frame / fps for frame in range(video.frames)]
        if isinstance(scene, Painting):
            _paint(scene, clip, times)
        else:
            _serve(scene, clip, times)
    return frames.mul_(2).sub_(1)


def stroke_coverage(nodes: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Compute how much of each pixel a stroke covers: [H W]. nodes: [N 2] as (y, x) in pixels. like: [... H W]."""
    y, x = _pixels(like)
    nearest = _piece(y, x, nodes[0], nodes[0])
    for begin, end in pairwise(nodes):
        nearest = torch.minimum(nearest, _piece(y, x, begin, end))
    return _cover(nearest.sqrt(), STROKE_RADIUS * (like.shape[-2] * like.shape[-1]) ** 0.5)


def _growing(scene: Painting, painted: Sequence[float], like: torch.Tensor) -> torch.Tensor:
    """Compute how much of each pixel a stroke covers when these rising parts of it are painted: [F H W]."""
    height, width = like.shape[-2:]
    y, x = _pixels(like)
    nodes = course(scene, [index / PIECES for index in range(PIECES + 1)], height, width)
    tips = course(scene, painted, height, width)
    nearest = _piece(y, x, nodes[0], nodes[0])
    drawn, done = torch.empty(len(painted), height, width, device=like.device), 0
    for frame, part in enumerate(painted):
        whole = min(int(part * PIECES), PIECES)
        while done < whole:
            nearest = torch.minimum(nearest, _piece(y, x, nodes[done], nodes[done + 1]))
            done += 1
        torch.minimum(nearest, _piece(y, x, nodes[whole], tips[frame]), out=drawn[frame])
    return _cover(drawn.sqrt_(), STROKE_RADIUS * (height * width) ** 0.5)


def _paint(scene: Painting, clip: torch.Tensor, times: Sequence[float]) -> None:
    """Draw the stroke and the brush into a clip [3 F H W] in 0..1, in place."""
    height, width = clip.shape[-2:]
    moments = [truth(scene, time) for time in times]
    painted = [moment.painted for moment in moments]
    colour = _rgb(scene.wanted.colour.rgb, clip)
    _blend(clip, _growing(scene, painted, clip), colour)
    y, x = _pixels(clip)
    unit = (height * width) ** 0.5
    aim = torch.tensor(BRUSH_AIM) * unit
    tips = course(scene, painted, height, width)
    for frame, (tip, moment) in enumerate(zip(tips, moments, strict=True)):
        if moment.lifted is None:
            continue
        tip = tip + moment.lifted * aim
        for begin, end, radius, part in (*BRUSH, (*TIP, scene.wanted.colour.rgb)):
            shade = TIP_SHADE if begin == 0 else 1.0
            inside = _cover(_piece(y, x, tip + begin * aim, tip + end * aim).sqrt_(), radius * unit)
            _blend(clip[:, frame], inside, _rgb(part, clip)[..., 0] * shade)


def _serve(scene: Eating, clip: torch.Tensor, times: Sequence[float]) -> None:
    """Draw the food, less its bites, into a clip [3 F H W] in 0..1, in place."""
    height, width = clip.shape[-2:]
    radius, centre = food_disc(scene, height, width)
    y, x = _pixels(clip)
    picture, outside = food_picture(scene.wanted.food, scene.wanted.colour.rgb, radius, centre, clip[:, 0])
    gone = torch.full_like(outside, float("inf"))  # distance to the bites, negative inside
    if scene.wanted.side is Side.TOP:  # the first bite takes a stem too
        gone = (y - centre[0] + BITE_CENTRE * radius).expand_as(outside)
    stages = [(outside, picture)]
    for place in bite_places(scene, height, width):
        bite = ((y - place[0]).square() + (x - place[1]).square()).sqrt() - BITE_RADIUS * radius
        gone = torch.minimum(gone, bite)
        opened = picture.clone()
        _blend(opened, _cover(gone, RIM * radius), _rgb(INSIDE[scene.wanted.food], picture))
        stages.append((torch.maximum(outside, -gone), opened))
    shown = [torch.lerp(clip[:, 0], seen, _cover(away, 0.0)) for away, seen in stages]
    for frame, time in enumerate(times):
        clip[:, frame] = shown[truth(scene, time).bites]


def food_picture(
    food: Food, colour: Rgb, radius: float, centre: tuple[float, float], paper: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw whole food over a picture of paper [3 H W]: the new picture, and the distance to its outline [H W]."""
    y, x = _pixels(paper)
    return _FOOD[food](y - centre[0], x - centre[1], radius, _rgb(colour, paper), paper)


def _apple(
    y: torch.Tensor, x: torch.Tensor, radius: float, colour: torch.Tensor, paper: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw an apple: its picture [3 H W] on the paper, and the distance to its outline [H W]."""
    distance = _disc(y, x, (0.0, 0.0), radius)
    picture = paper.clone()
    _blend(picture, _cover(distance, 0.0), colour)
    _blend(picture, _cover(_disc(y, x, (-0.36 * radius, -0.36 * radius), 0.17 * radius), 0.0), _rgb(SHINE, picture))
    stem = _piece(y, x, torch.tensor([-1.25, 0.10]) * radius, torch.tensor([-0.82, 0.0]) * radius).sqrt()
    leaf = _piece(y, x, torch.tensor([-1.16, 0.22]) * radius, torch.tensor([-1.20, 0.40]) * radius).sqrt()
    _blend(picture, _cover(leaf, 0.13 * radius), _rgb(LEAF, picture))
    _blend(picture, _cover(stem, 0.07 * radius), _rgb(STEM, picture))
    outline = torch.minimum(torch.minimum(distance, stem - 0.07 * radius), leaf - 0.13 * radius)
    return picture, outline


def _cookie(
    y: torch.Tensor, x: torch.Tensor, radius: float, colour: torch.Tensor, paper: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw an iced cookie; see _apple."""
    distance = _disc(y, x, (0.0, 0.0), radius)
    picture = paper.clone()
    _blend(picture, _cover(distance, 0.0), _rgb(BISCUIT, picture))
    _blend(picture, _cover(distance, -0.20 * radius), colour)
    for down, right in CHIPS:
        _blend(picture, _cover(_disc(y, x, (down * radius, right * radius), 0.12 * radius), 0.0), _rgb(CHIP, picture))
    return picture, distance


def _doughnut(
    y: torch.Tensor, x: torch.Tensor, radius: float, colour: torch.Tensor, paper: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw an iced doughnut; see _apple."""
    distance = _disc(y, x, (0.0, 0.0), radius)
    hole = _disc(y, x, (0.0, 0.0), 0.30 * radius)
    picture = paper.clone()
    _blend(picture, _cover(distance, 0.0), _rgb(BISCUIT, picture))
    iced = torch.maximum(distance + 0.12 * radius, -hole + 0.10 * radius)
    _blend(picture, _cover(iced, 0.0), colour)
    picture.lerp_(paper, _cover(hole, 0.0).expand_as(paper))
    return picture, torch.maximum(distance, -hole)


_FOOD = {Food.APPLE: _apple, Food.COOKIE: _cookie, Food.DOUGHNUT: _doughnut}


def _pixels(like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the coordinates of pixel centres: y [H 1] and x [1 W]."""
    height, width = like.shape[-2:]
    y = torch.arange(height, device=like.device, dtype=torch.float32)[:, None] + 0.5
    return y, torch.arange(width, device=like.device, dtype=torch.float32)[None, :] + 0.5


def _rgb(colour: Rgb, like: torch.Tensor) -> torch.Tensor:
    """Return a colour that broadcasts over `like`, whose first axis is rgb."""
    return torch.tensor(colour, device=like.device).view(3, *[1] * (like.dim() - 1))


def _cover(distance: torch.Tensor, radius: float) -> torch.Tensor:
    """Compute the coverage of pixels at these distances from the middle of something of this radius."""
    return (radius + 0.5 - distance).clamp_(0, 1)


def _blend(image: torch.Tensor, coverage: torch.Tensor, colour: torch.Tensor) -> None:
    """Lay a colour over an image [3 ...], in place."""
    image.lerp_(colour.expand_as(image), coverage.expand_as(image))


def _disc(y: torch.Tensor, x: torch.Tensor, centre: tuple[float, float], radius: float) -> torch.Tensor:
    return ((y - centre[0]).square() + (x - centre[1]).square()).sqrt() - radius


def _piece(y: torch.Tensor, x: torch.Tensor, begin: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Compute the squared distance of each pixel to a straight piece: [H W]."""
    (from_y, from_x), (to_y, to_x) = begin.tolist(), end.tolist()
    along_y, along_x = to_y - from_y, to_x - from_x
    length = max(along_y**2 + along_x**2, 1e-9)
    down, right = y - from_y, x - from_x
    part = (down * (along_y / length) + right * (along_x / length)).clamp_(0, 1)
    return (down - part * along_y).square_().add_((right - part * along_x).square_())
