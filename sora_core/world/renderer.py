"""Scenes to pixels: signed distance fields, antialiased and composited back to front, all in batched torch."""

from __future__ import annotations

import math

import torch

from ..canvas.shapes import VideoShape
from .attributes import Shape
from .scenes import STRIPE_PERIOD, Scenes

SQUARE_HALF_SIDE = 0.9  # of the radius
TRIANGLE_CIRCUMRADIUS = 1.3  # of the radius, so that the triangle is about as wide and tall as the circle
STRIPE_CONTRAST = 0.18  # rgb between the darkest and the lightest line


def render(scenes: Scenes, video: VideoShape, fps: float) -> torch.Tensor:
    """Draw every frame of every scene.

    Returns [B 3 F H W] float32 in -1..1 on the scenes' device.
    """
    unit = (video.height * video.width) ** 0.5
    centres = scenes.centres(video, fps)  # [B K F 2]
    image = _ground(scenes, video, fps)  # [B 3 F H W]
    for body in range(scenes.shape.shape[1]):
        alpha = coverage(scenes.shape[:, body], centres[:, body], scenes.radius[:, body] * unit, video)[:, None]
        colour = scenes.colour[:, body, :, None, None, None]
        image = image + alpha * (colour - image)
    return _walls(scenes, image, video) * 2 - 1


def _ground(scenes: Scenes, video: VideoShape, fps: float) -> torch.Tensor:
    """The background, with waves of light across it where it is striped: [B 3 F H W]."""
    plain = scenes.background[:, :, None, None, None].expand(-1, -1, *video)
    if not bool(scenes.stripes[:, :2].any()):
        return plain
    y, x = _pixels(video, plain)
    moved = scenes.camera_path(video, fps)[..., None, None]  # [B F 2 1 1]
    across_y, across_x, phase = scenes.stripes[:, :, None, None, None].unbind(1)  # [B 1 1 1]
    place = across_y * (y + moved[:, :, 0]) + across_x * (x + moved[:, :, 1])  # [B F H W]
    period = STRIPE_PERIOD * (video.height * video.width) ** 0.5
    wave = torch.sin(2 * math.pi * (place / period + phase)) / 2 * STRIPE_CONTRAST * (across_y + across_x)
    return (plain + wave[:, None]).clamp(0, 1)


def _walls(scenes: Scenes, image: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """Each wall from top to bottom in front of what is there."""
    if not bool(scenes.wall[:, 1].any()):
        return image
    _, x = _pixels(video, image)
    left, right = (edge[:, None, None] for edge in scenes.wall_edges(video))
    inside = (torch.minimum(x - left, right - x) + 0.5).clamp(0, 1) * (scenes.wall[:, 1, None, None] > 0)  # [B 1 W]
    return image + inside[:, None, None] * (scenes.wall_colour[:, :, None, None, None] - image)


def _pixels(video: VideoShape, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Middles of pixels: y [H 1] and x [1 W]."""
    y = torch.arange(video.height, device=like.device, dtype=like.dtype)[:, None] + 0.5
    return y, torch.arange(video.width, device=like.device, dtype=like.dtype)[None, :] + 0.5


def coverage(shape: torch.Tensor, centres: torch.Tensor, radius: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """How much of each pixel a body covers.

    shape [B] indices into Shape, centres [B F 2] (y, x) pixels, radius [B] pixels -> [B F H W] in 0..1.
    """
    return (0.5 - distance(shape, centres, radius[:, None], video)).clamp(0, 1)


def distance(shape: torch.Tensor, centres: torch.Tensor, radius: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """Signed distance in pixels from each pixel to a body's outline, negative inside.

    shape [B] indices into Shape, centres [B F 2] (y, x) pixels, radius [B F|1] pixels -> [B F H W].
    """
    y, x = _pixels(video, centres)
    dy, dx = y - centres[..., 0, None, None], x - centres[..., 1, None, None]  # [B F H 1], [B F 1 W]
    distances = torch.empty(*centres.shape[:2], video.height, video.width, device=centres.device)
    for index, kind in enumerate(Shape):
        rows = shape == index
        if bool(rows.any()):
            distances[rows] = _DISTANCE[kind](dy[rows], dx[rows], radius[rows, :, None, None])
    return distances


def _circle(dy: torch.Tensor, dx: torch.Tensor, radius: torch.Tensor) -> torch.Tensor:
    return (dy.square() + dx.square()).sqrt() - radius


def _square(dy: torch.Tensor, dx: torch.Tensor, radius: torch.Tensor) -> torch.Tensor:
    return torch.maximum(dy.abs(), dx.abs()) - SQUARE_HALF_SIDE * radius


def _triangle(dy: torch.Tensor, dx: torch.Tensor, radius: torch.Tensor) -> torch.Tensor:
    """Equilateral, tip up, centred on its bounding box: the largest of three half-plane distances."""
    size = TRIANGLE_CIRCUMRADIUS * radius
    dy = dy - 0.25 * size  # from the centre of the box to the centroid
    sides = math.sqrt(3) / 2 * dx.abs() - 0.5 * dy
    return torch.maximum(sides, dy) - 0.5 * size


_DISTANCE = {Shape.CIRCLE: _circle, Shape.SQUARE: _square, Shape.TRIANGLE: _triangle}
