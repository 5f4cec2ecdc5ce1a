"""VIDEO without ComfyUI: a file, or frames in memory, with the methods that core nodes call."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from ..sora_core.system.atomic_file import atomic_path
from ..sora_core.video.video_io import probe, read_float_frames, read_frames, timing_in, write_video

IMAGE_CRF = 18


@dataclass(frozen=True)
class VideoFromFile:
    """A video file, read on demand."""

    path: Path

    @property
    def varied(self) -> bool:
        """Whether the file has a variable frame rate."""
        return timing_in(self.path).repeats is not None

    def get_dimensions(self) -> tuple[int, int]:
        """Return width and height."""
        info = probe(self.path)
        return info.width, info.height

    def get_frame_rate(self) -> float:
        """Return the frames per second."""
        return probe(self.path).fps

    def images(self) -> torch.Tensor:
        """Return all frames, [F H W 3] in 0..1."""
        return torch.stack(list(read_float_frames(self.path)))

    def save_to(self, path: Path) -> None:
        """Save as mp4: copies the file if it is an mp4, else encodes it."""
        if self.path.suffix.lower() == ".mp4":
            _copy_whole(self.path, path)
        else:
            write_video(path, read_frames(self.path), self.get_frame_rate(), crf=IMAGE_CRF)


@dataclass(frozen=True)
class VideoFromComponents:
    """Frames in memory. frames: [F H W 3] in 0..1."""

    frames: torch.Tensor
    fps: float
    varied = False

    def get_dimensions(self) -> tuple[int, int]:
        """Return width and height."""
        return self.frames.shape[2], self.frames.shape[1]

    def get_frame_rate(self) -> float:
        """Return the frames per second."""
        return self.fps

    def images(self) -> torch.Tensor:
        """Return all frames, [F H W 3] in 0..1."""
        return self.frames

    def save_to(self, path: Path) -> None:
        """Save as mp4."""
        write_video(path, self._bytes(), self.fps, crf=IMAGE_CRF)

    def _bytes(self) -> Iterator[torch.Tensor]:
        for frame in self.frames:
            yield (frame[..., :3].clamp(0, 1) * 255).round().to(torch.uint8)


Video = VideoFromFile | VideoFromComponents


def _copy_whole(source: Path, target: Path) -> None:
    """Copy a file atomically, so that an interrupt leaves no partial file."""
    with atomic_path(target) as partial:
        shutil.copyfile(source, partial)
