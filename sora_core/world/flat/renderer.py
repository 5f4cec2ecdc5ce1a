"""Renders scenes with antialiased signed distance fields, back to front, in batched torch."""

from __future__ import annotations

import math

import torch

from ...canvas.shapes import VideoShape
from .attributes import Shape
from .scenes import STRIPE_PERIOD, Scenes

SQUARE_HALF_SIDE = 0.9  # in radii
TRIANGLE_CIRCUMRADIUS = 1.3  # in radii, so that the triangle is about as wide and tall as the circle
STRIPE_CONTRAST = 0.18  # rgb difference between the darkest and the lightest line


def render(scenes: Scenes, video: VideoShape, fps: float) -> torch.Tensor:
    """Render every frame of every scene: [B 3 F H W] float32 in -1..1, on the scenes' device."""
    unit = (video.height * video.width) ** 0.5
    centres = scenes.centres(video, fps)  # [B K F 2]
    image = _ground(scenes, video, fps)  # [B 3 F H W]
    for index in range(scenes.shape.shape[1]):
        alpha = coverage(scenes.shape[:, index], centres[:, index], scenes.radius[:, index] * unit, video)[:, None]
        colour = scenes.colour[:, index, :, None, None, None]
        image = image + alpha * (colour - image)
    return _walls(scenes, image, video) * 2 - 1


def _ground(scenes: Scenes, video: VideoShape, fps: float) -> torch.Tensor:
    """Render the background, with sinusoidal stripes if the scene has them: [B 3 F H W]."""
    plain = scenes.background[:, :, None, None, None].expand(-1, -1, *video)
    if not bool(scenes.stripes[:, :2].any()):
        return plain
    y, x = _pixels(video, plain)
    moved = scenes.camera_path(video, fps)[..., None, None]  # [B F 2 1 1]
    across_y, across_x, phase = scenes.stripes[:, :, None, None, None].unbind(1)  # [B 1 1 1]
    position = across_y * (y + moved[:, :, 0]) + across_x * (x + moved[:, :, 1])  # [B F H W]
    period = STRIPE_PERIOD * (video.height * video.width) ** 0.5
    wave = torch.sin(2 * math.pi * (position / period + phase)) / 2 * STRIPE_CONTRAST * (across_y + across_x)
    return (plain + wave[:, None]).clamp(0, 1)


def _walls(scenes: Scenes, image: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """Draw each wall, from top to bottom, over the image."""
    if not bool(scenes.wall[:, 1].any()):
        return image
    _, x = _pixels(video, image)
    left, right = (edge[:, None, None] for edge in scenes.wall_edges(video))
    inside = (torch.minimum(x - left, right - x) + 0.5).clamp(0, 1) * (scenes.wall[:, 1, None, None] > 0)  # [B 1 W]
    return image + inside[:, None, None] * (scenes.wall_colour[:, :, None, None, None] - image)


def _pixels(video: VideoShape, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the coordinates of pixel centres: y [H 1] and x [1 W]."""
    y = torch.arange(video.height, device=like.device, dtype=like.dtype)[:, None] + 0.5
    return y, torch.arange(video.width, device=like.device, dtype=like.dtype)[None, :] + 0.5


def coverage(shape: torch.Tensor, centres: torch.Tensor, radius: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """Compute how much of each pixel an object covers, [B F H W] in 0..1.

    shape: [B] indices into Shape. centres: [B F 2] as (y, x) in pixels. radius: [B] in pixels.
    """
    return (0.5 - distance(shape, centres, radius[:, None], video)).clamp(0, 1)


def distance(shape: torch.Tensor, centres: torch.Tensor, radius: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """Compute the signed distance from each pixel to an object's outline in pixels, negative inside: [B F H W].

    shape: [B] indices into Shape. centres: [B F 2] as (y, x) in pixels. radius: [B F|1] in pixels.
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
    """Equilateral triangle, tip up, centred on its bounding box: the maximum of three half-plane distances."""
    size = TRIANGLE_CIRCUMRADIUS * radius
    dy = dy - 0.25 * size  # from the centre of the box to the centroid
    sides = math.sqrt(3) / 2 * dx.abs() - 0.5 * dy
    return torch.maximum(sides, dy) - 0.5 * size


_DISTANCE = {Shape.CIRCLE: _circle, Shape.SQUARE: _square, Shape.TRIANGLE: _triangle}
