"""Reads the source of a node, VIDEO or IMAGE, as a SourceClip."""

from __future__ import annotations

from typing import Any

import torch

from ...sora_core.tensors.finite import is_finite
from ...sora_core.video.sound import Sound
from ...sora_core.video.sound_layouts import check_channels
from ...sora_core.video.source_clip import SourceClip
from .. import host


def counted(frames: int) -> str:
    """A number of frames as text."""
    return f"{frames} frame" if frames == 1 else f"{frames} frames"


def source_clip_of(value: Any, fps: float) -> SourceClip:
    """SourceClip of a VIDEO, whose sound is not read, or of an IMAGE batch [F H W C] at `fps`, without alpha."""
    return _read(value, fps, sound=False)[0]


def source_and_sound(value: Any, fps: float) -> tuple[SourceClip, dict[str, Any] | None]:
    """As source_clip_of, with the AUDIO of a VIDEO. Frames of a file are read when they are asked for."""
    return _read(value, fps, sound=True)


def _read(value: Any, fps: float, *, sound: bool) -> tuple[SourceClip, dict[str, Any] | None]:
    if isinstance(value, torch.Tensor):
        if value.ndim != 4 or value.shape[-1] not in (1, 3, 4):
            raise ValueError(f"got images of shape {tuple(value.shape)}, expected [F H W 3]")
        colours = value[..., :3] if value.shape[-1] > 1 else value.expand(*value.shape[:-1], 3)
        return SourceClip(colours.float(), fps), None
    read = host.current().read_video(value, sound=sound)
    frames = read.frames[..., :3].float() if isinstance(read.frames, torch.Tensor) else read.frames
    return SourceClip(frames, read.fps, read.varied), read.sound


def sound_of(audio: dict[str, Any] | None) -> Sound | None:
    """The first clip of AUDIO, {"waveform": [B C N], "sample_rate": Hz}; None for none, or one without samples.

    Raises ValueError for sound that no file can be written with, before anything is sampled.
    """
    if audio is None or not audio["waveform"].numel():
        return None
    sound = Sound(audio["waveform"][:1].float(), int(audio["sample_rate"]))
    check_channels(sound.waveform.shape[1])
    if not is_finite(sound.waveform):
        raise ValueError("got audio with samples that are not finite (NaN or infinite): make it again, or convert it")
    return sound
