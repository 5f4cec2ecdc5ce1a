"""Clips as a player sees them: through H.264, at the quality that the pack writes."""

from __future__ import annotations

from pathlib import Path

import torch

from sora_core.video.video_io import read_frames, write_video


def through_h264(clip: torch.Tensor, folder: Path, fps: float) -> torch.Tensor:
    """Write a clip [3 F H W] in -1..1 into a folder and read it back."""
    path = folder / "clip.mp4"
    pixels = ((clip / 2 + 0.5) * 255).round().clamp(0, 255).byte().permute(1, 2, 3, 0).contiguous()
    write_video(path, pixels, fps)
    return torch.stack(list(read_frames(path))).permute(3, 0, 1, 2).float() / 127.5 - 1
