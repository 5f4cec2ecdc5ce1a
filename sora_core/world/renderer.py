"""Scenes to pixels: signed distance fields, antialiased and composited back to front, all in batched torch."""

from __future__ import annotations

import math

import torch

from ..shapes import VideoShape
from .attributes import Shape
from .scenes import Scenes

SQUARE_HALF_SIDE = 0.9  # of the radius
TRIANGLE_CIRCUMRADIUS = 1.3  # of the radius, so that the triangle is about as wide and tall as the circle


def render(scenes: Scenes, video: VideoShape, fps: float) -> torch.Tensor:
    """Draw every frame of every scene.

    Returns [B 3 F H W] float32 in -1..1 on the scenes' device.
    """
    unit = (video.height * video.width) ** 0.5
    centres = scenes.centres(video, fps)  # [B K F 2]
    image = scenes.background[:, :, None, None, None].expand(-1, -1, *video)  # [B 3 F H W]
    for body in range(scenes.shape.shape[1]):
        alpha = coverage(scenes.shape[:, body], centres[:, body], scenes.radius[:, body] * unit, video)[:, None]
        colour = scenes.colour[:, body, :, None, None, None]
        image = image + alpha * (colour - image)
    return image * 2 - 1


def coverage(shape: torch.Tensor, centres: torch.Tensor, radius: torch.Tensor, video: VideoShape) -> torch.Tensor:
    """How much of each pixel a body covers.

    shape [B] indices into Shape, centres [B F 2] (y, x) pixels, radius [B] pixels -> [B F H W] in 0..1.
    """
    device, dtype = centres.device, centres.dtype
    y = torch.arange(video.height, device=device, dtype=dtype)[:, None] + 0.5
    x = torch.arange(video.width, device=device, dtype=dtype)[None, :] + 0.5
    dy, dx = y - centres[..., 0, None, None], x - centres[..., 1, None, None]  # [B F H 1], [B F 1 W]
    distance = torch.empty(*centres.shape[:2], video.height, video.width, device=device, dtype=dtype)
    for index, kind in enumerate(Shape):
        rows = shape == index
        if bool(rows.any()):
            distance[rows] = _DISTANCE[kind](dy[rows], dx[rows], radius[rows, None, None, None])
    return (0.5 - distance).clamp(0, 1)


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
