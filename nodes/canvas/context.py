"""How much of a source goes onto a canvas: the context that a model sees beside what it generates."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas.shapes import Compression
from .. import host
from ..host.values import Vae
from ..io.sockets import STEP
from ..io.window_hint import FAR

TYPICAL = 5.0  # seconds that most video models are trained on
LEAST = 3  # the context is at least this part of what a model was trained on
TOOLTIP = (
    "Seconds of the source that the model sees; only these are encoded. 0 takes a short source whole, and of a longer "
    "one what fits, beside the new part, into the length that the model was trained on (5 s where that is not known), "
    "at least a third of it."
)


@dataclass(frozen=True)
class Stretch:
    """The part of a source that goes onto a canvas. pixels: [1 3 F H W]. begin: its time in the source, in seconds."""

    pixels: torch.Tensor
    begin: Fraction

    @property
    def length(self) -> int:
        """Number of frames."""
        return self.pixels.shape[2]


def context_input(tooltip: str = TOOLTIP) -> Any:
    """Seconds of the source on the canvas; one of the last inputs of a node."""
    return io.Float.Input(
        "context", default=0.0, min=0.0, max=600.0, step=STEP, optional=True, advanced=True, tooltip=tooltip
    )


def trained_frames(vae: Vae | None, fps: float) -> int:
    """Frames that the model of a VAE was trained on, about 5 seconds where nothing is known."""
    known = 0 if vae is None else host.current().trained_frames(vae)
    return known or round(TYPICAL * fps) + 1


def trained_latents(vae: Vae | None, fps: float, compression: Compression) -> int:
    """The same in latent frames."""
    return compression.latent_frames(compression.time_grid.at_least(trained_frames(vae, fps)))


def context_frames(asked: float, new: int, whole: int, vae: Vae | None, fps: float) -> int:
    """Frames of a source of `whole` beside `new` ones. asked: seconds; 0 for what its model was trained on."""
    if asked:
        return max(1, round(asked * fps))
    trained = trained_frames(vae, fps)
    if whole + new <= FAR * trained:
        return whole
    return max(1, trained - new, trained // LEAST)


def shared_between(frames: int, one: int, two: int) -> tuple[int, int]:
    """Divide a context between two clips of so many frames: half each, and what one does not need to the other."""
    half = frames // 2
    return max(half, frames - two), max(half, frames - one)
