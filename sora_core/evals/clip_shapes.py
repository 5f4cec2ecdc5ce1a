"""Shapes of the clips that a model is measured on: its own sizes, which training wrote into its files.

Every measure asks here. Files without sizes in their metadata get the sizes that `nano` was first trained at.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..canvas.shapes import VideoShape
from ..models.trained_on import TrainedOn
from ..pipeline import Pipeline

Sizes = tuple[tuple[int, int], ...]
"""(width, height) in pixels."""
UNTOLD: Sizes = ((64, 64), (80, 48), (48, 80))
UNTOLD_DOMAINS: Sizes = ((128, 128), (160, 96), (96, 160))
"""For the domains of the world, whose checks need larger frames."""
LENGTHS = (17, 33)  # frames
UNIT = 64.0  # pixels: sqrt(height * width) of the frames for which the limits in pixels were set


def shapes_of(pipe: Pipeline, untold: Sizes = UNTOLD) -> tuple[VideoShape, ...]:
    """List the clips of a model: each of LENGTHS at each size. untold: sizes for files that do not say any."""
    return shapes_trained_on(pipe.trained_on, untold)


def shapes_trained_on(trained_on: TrainedOn, untold: Sizes = UNTOLD) -> tuple[VideoShape, ...]:
    """List clips of no more frames than training had, where that is known. untold: see shapes_of."""
    lengths: Sequence[int] = LENGTHS
    if trained_on.frames:
        lengths = [frames for frames in LENGTHS if frames <= trained_on.frames] or [trained_on.frames]
    sizes = trained_on.sizes or untold
    return tuple(VideoShape(frames, height, width) for frames in lengths for width, height in sizes)


def clip_of(pipe: Pipeline, frames: int, untold: Sizes = UNTOLD) -> VideoShape:
    """Return a clip of so many frames at the model's first size. untold: see shapes_of."""
    return shapes_of(pipe, untold)[0]._replace(frames=frames)


def scale_of(video: VideoShape) -> float:
    """Return the factor for limits in pixels that were set for frames of UNIT x UNIT."""
    return (video.height * video.width) ** 0.5 / UNIT
