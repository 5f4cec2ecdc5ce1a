"""Landmarks: points of the world whose place in the picture is known, and where a clip shows them.

Each is sought near its true place by normalised cross-correlation with a picture that has it at that place.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn import functional as F

from ...canvas.shapes import VideoShape
from ...world.solids.scenes import Scene
from ...world.solids.truth import tile_corners, truth_of

PATCH, SEARCH = 0.12, 0.08  # side of a patch, and how far it is sought, in sqrt(height * width)
NEAREST, DEEPEST = 1.5, 9.0  # distances from the camera between which corners of tiles are sharp enough
MIN_TEXTURE = 0.02  # standard deviation (rgb in 0..1) of a patch that can be found again
MIN_SCORE = 0.5  # correlation at which a landmark counts as found
AT_MOST = 16  # corners in a picture
APART, NEAR = 3 / 128, 6 / 128  # of parallax: least difference of two displacements, and largest error of each
EPSILON = 1e-6


class Landmarks(NamedTuple):
    """N corners of tiles. points: [N 3] in the world. pixels: [N 2] in a picture, as (y, x). depths: [N]."""

    points: torch.Tensor
    pixels: torch.Tensor
    depths: torch.Tensor


class Found(NamedTuple):
    """Where landmarks were found. offsets: [N 2] from the true place in pixels, (y, x). there: [N] bool."""

    offsets: torch.Tensor
    there: torch.Tensor


def landmarks_at(scene: Scene, picture: torch.Tensor, time: float) -> Landmarks:
    """List the nearest corners of tiles that a true picture [3 H W] in -1..1 shows sharply at a time in seconds."""
    video, truth = VideoShape(1, *picture.shape[1:]), truth_of(scene, time)
    points = tile_corners(scene)
    points = points[truth.seen(points, video)]
    pixels, depths = truth.project(points, video)
    usable = (depths > NEAREST) & (depths < DEEPEST) & has_room(pixels, video)
    usable &= texture(picture, pixels) > MIN_TEXTURE
    order = depths.argsort()
    chosen = order[usable[order]][:AT_MOST]
    return Landmarks(points[chosen], pixels[chosen], depths[chosen])


def has_room(pixels: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """Tell which pixels [N 2] have room for a patch and its search around them."""
    room = half_patch(video)
    return ((pixels >= room) & (pixels < torch.tensor([video.height, video.width]) - room)).all(dim=1)


def half_patch(video: VideoShape) -> int:
    """Return half of a patch's side in pixels, the middle one left out."""
    return max(2, round(PATCH * (video.height * video.width) ** 0.5 / 2))


def texture(picture: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """Measure the standard deviation of the patches around pixels [N 2] of a picture [3 H W] in -1..1: [N] in 0..1."""
    half = half_patch(VideoShape(1, *picture.shape[1:]))
    patches = [_cut(picture, pixel, half) for pixel in pixels]
    return (
        torch.stack([patch.flatten(1).std(dim=1).mean() / 2 for patch in patches]) if patches else pixels.new_zeros(0)
    )


def _cut(picture: torch.Tensor, pixel: torch.Tensor, half: int) -> torch.Tensor:
    """Cut the square around a pixel, (y, x): [3 2*half+1 2*half+1]. Beyond the edges the picture is repeated."""
    y, x = (int(value) for value in pixel)
    wide = F.pad(picture[None], (half, half, half, half), mode="replicate")[0]
    y, x = (min(max(place, 0), size - 1) for place, size in zip((y, x), picture.shape[1:], strict=True))
    return wide[:, y : y + 2 * half + 1, x : x + 2 * half + 1]


def find(picture: torch.Tensor, template: torch.Tensor, pixels: torch.Tensor) -> Found:
    """Find what a template [3 H W] shows at pixels [N 2] in a picture of the same size, both in -1..1."""
    video = VideoShape(1, *picture.shape[1:])
    half, reach = half_patch(video), max(1, round(SEARCH * (video.height * video.width) ** 0.5))
    offsets, there = torch.zeros(len(pixels), 2), torch.zeros(len(pixels), dtype=torch.bool)
    for index, pixel in enumerate(pixels):
        wanted = _cut(template, pixel, half).flatten()
        area = _cut(picture, pixel, half + reach)
        side = 2 * half + 1
        patches = F.unfold(area[None], side)[0]  # [3*side*side (2*reach+1)^2]
        wanted, patches = wanted - wanted.mean(), patches - patches.mean(dim=0)
        scores = (wanted @ patches) / (wanted.norm() * patches.norm(dim=0)).clamp(min=EPSILON)
        grid = scores.view(2 * reach + 1, 2 * reach + 1)
        y, x = divmod(int(scores.argmax()), 2 * reach + 1)
        there[index] = bool(scores.max() > MIN_SCORE)
        offsets[index] = torch.tensor([_peak(grid[:, x], y), _peak(grid[y], x)]) - reach
    return Found(offsets, there)


def _peak(scores: torch.Tensor, best: int) -> float:
    """Refine the place of the best of scores [N] by a parabola through its neighbours."""
    if not 0 < best < len(scores) - 1:
        return float(best)
    before, middle, after = (float(value) for value in scores[best - 1 : best + 2])
    bend = before - 2 * middle + after
    return best + (0.5 * (before - after) / bend if bend < -EPSILON else 0.0)


def parallax_order(true: torch.Tensor, found: Found, depths: torch.Tensor, video: VideoShape) -> list[bool]:
    """Tell for each pair of landmarks at different depths whether the clip moves them in the true order.

    true: [N 2] true displacements from an earlier frame in pixels, to which the offsets in `found` are added. Only
    pairs whose true displacements differ by much count. A landmark that is not found near its place has no right order.
    """
    unit = (video.height * video.width) ** 0.5
    limit, right = APART * unit, []
    near = found.there & (found.offsets.norm(dim=1) < NEAR * unit)
    for one in range(len(true)):
        for two in range(one):
            apart = true[one] - true[two]
            if abs(float(depths[one] - depths[two])) < 1 or float(apart.abs().max()) < limit:
                continue
            axis = int(apart.abs().argmax())
            shown = apart[axis] + found.offsets[one, axis] - found.offsets[two, axis]
            right.append(bool(near[one] & near[two] & (shown * apart[axis] > 0)))
    return right
