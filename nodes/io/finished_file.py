"""Makes the file that people see of a lossless one that Sora Decode to Video wrote: encoded to H.264 once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from ...sora_core.video.sound_file import read_sound
from ...sora_core.video.video_io import probe, read_frames, write_video
from .. import host
from ..host.time_left import WRITING

CRF = 12  # visually lossless, also when the file is edited further


def write_finished(lossless: Path, target: Path, crf: int = CRF) -> None:
    """Write a lossless file as mp4, with the progress bar of the running node. Raises as video_io.write_video does."""
    info = probe(lossless)
    write_video(target, _counted(lossless, info.frames or 0), info.fps, crf=crf, sound=read_sound(lossless))


def _counted(lossless: Path, total: int) -> Iterator[torch.Tensor]:
    progress = host.current().progress(total, WRITING)
    for done, frame in enumerate(read_frames(lossless), start=1):
        progress.update(done)
        yield frame
