"""VIDEO without ComfyUI: a file, or frames in memory, with the methods that core nodes call."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..nodes import host
from ..nodes.host import Recording, recording_of
from ..nodes.host.notices import in_short
from ..nodes.io.finished_file import write_finished
from ..nodes.io.source import sound_of
from ..sora_core.system.atomic_file import atomic_path
from ..sora_core.video.colours import bytes_of
from ..sora_core.video.file_frames import FileFrames
from ..sora_core.video.opening import opened_video
from ..sora_core.video.transfer import HLG, PQ
from ..sora_core.video.video_io import probe, read_frames, timing_in, write_video

IMAGE_CRF = 18
COLOUR_SPACES = {PQ: "HDR PQ", HLG: "HDR"}


class _Watch:
    """Tells what is wrong with a file on the terminal; Ctrl-C interrupts by itself."""

    def check(self) -> None: ...

    def tell(self, text: str) -> None:
        for part in in_short(text):
            host.current().notify(None, part)


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

    def get_bit_depth(self) -> int:
        """Return the bits of a channel in the file."""
        with opened_video(self.path) as (_, stream):
            pixels = stream.codec_context.format
            return max((part.bits for part in pixels.components), default=8) if pixels else 8

    def get_color_space(self) -> str:
        """Return the colours of the file, by the host's names; frames are converted to sRGB."""
        with opened_video(self.path) as (_, stream):
            return COLOUR_SPACES.get(int(stream.codec_context.color_trc), "sRGB")

    def images(self) -> torch.Tensor:
        """Return all frames, [F H W 3] in 0..1."""
        return self._frames()[:]

    def recording(self, *, sound: bool = True) -> Recording:
        """Return frames, which are read when they are asked for, and sound if that is wanted."""
        return recording_of(self._frames(), sound=sound)

    def _frames(self) -> FileFrames:
        return FileFrames(self.path, watch=_Watch())

    def save_to(self, path: Path) -> None:
        """Save as mp4: copies the file if it is an mp4, else encodes its frames and its sound."""
        if self.path.suffix.lower() == ".mp4":
            _copy_whole(self.path, path)
        else:
            read = self.recording()
            frames = read_frames(self.path, watch=_Watch())
            write_video(path, frames, read.fps, crf=IMAGE_CRF, sound=sound_of(read.sound))


@dataclass(frozen=True)
class DecodedVideo(VideoFromFile):
    """A lossless file, which is encoded when it is saved."""

    def save_to(self, path: Path) -> None:
        """Save as mp4."""
        write_finished(self.path, path)


@dataclass(frozen=True)
class VideoFromComponents:
    """Frames in memory. frames: [F H W 3] in 0..1. audio: their AUDIO, or None."""

    frames: torch.Tensor
    fps: float
    audio: dict[str, Any] | None = None
    varied = False

    def get_bit_depth(self) -> int:
        """Return the bits of a channel in a file of them."""
        return 8

    def get_color_space(self) -> str:
        """Return the colours of the frames, by the host's names."""
        return "sRGB"

    def get_dimensions(self) -> tuple[int, int]:
        """Return width and height."""
        return self.frames.shape[2], self.frames.shape[1]

    def get_frame_rate(self) -> float:
        """Return the frames per second."""
        return self.fps

    def images(self) -> torch.Tensor:
        """Return all frames, [F H W 3] in 0..1."""
        return self.frames

    def recording(self, *, sound: bool = True) -> Recording:
        """Return frames and sound."""
        return Recording(self.frames, self.fps, self.audio, varied=False)

    def save_to(self, path: Path) -> None:
        """Save as mp4."""
        write_video(path, self._bytes(), self.fps, crf=IMAGE_CRF, sound=sound_of(self.audio))

    def _bytes(self) -> Iterator[torch.Tensor]:
        for frame in self.frames:
            yield bytes_of(frame[..., :3])


Video = VideoFromFile | VideoFromComponents


def _copy_whole(source: Path, target: Path) -> None:
    """Copy a file atomically, so that an interrupt leaves no partial file."""
    with atomic_path(target) as partial:
        shutil.copyfile(source, partial)
