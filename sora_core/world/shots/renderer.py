"""Renders scenes of several shots: the solids at each moment, as the camera of the shot sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from ...canvas.shapes import VideoShape
from ..solids.motion import Views, views_at
from ..solids.renderer import render_views
from ..solids.truth import Truth, truth_in
from .scenes import Scene, shot_poses


def render(
    scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""
    views = _views(scenes, torch.arange(video.frames, device=device) / fps)
    return render_views([scene.solids for scene in scenes], views, video)


def truth_of(scene: Scene, time: float) -> Truth:
    """Return the exact state of a scene at a time in seconds, with the camera of the shot that is shown."""
    return truth_in(scene.solids, _views([scene], torch.tensor([time])))


def _views(scenes: Sequence[Scene], times: torch.Tensor) -> Views:
    return replace(views_at([scene.solids for scene in scenes], times), camera=shot_poses(scenes, times))
