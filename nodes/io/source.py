"""What nodes are given as a source, VIDEO or IMAGE, as a clip of ours."""

from __future__ import annotations

from typing import Any

import torch

from ...sora_core.video.source_clip import SourceClip
from .. import host


def counted(frames: int) -> str:
    """The number with its noun."""
    return f"{frames} frame" if frames == 1 else f"{frames} frames"


def source_clip_of(value: Any, fps: float) -> SourceClip:
    """SourceClip of a VIDEO, or of an IMAGE batch [F H W C] at `fps`; alpha is left out."""
    return source_and_sound(value, fps)[0]


def source_and_sound(value: Any, fps: float) -> tuple[SourceClip, dict[str, Any] | None]:
    """What `source_clip_of` gives, and the AUDIO that a VIDEO has with it: a file is read once."""
    if isinstance(value, torch.Tensor):
        if value.ndim != 4 or value.shape[-1] not in (1, 3, 4):
            raise ValueError(f"got images of shape {tuple(value.shape)}, expected [F H W 3]")
        colours = value[..., :3] if value.shape[-1] > 1 else value.expand(*value.shape[:-1], 3)
        return SourceClip(colours.float(), fps), None
    read = host.current().read_video(value)
    return SourceClip(read.frames[..., :3].float(), read.fps, read.varied), read.sound
