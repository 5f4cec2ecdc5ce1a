"""SourceClip: fits a user's clip to the size and fps of a model by scaling, cropping and resampling."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from ..canvas.shapes import Compression, PatchSize, VideoShape
from .budgets import check_memory, check_repeats
from .file_frames import FileFrames, Frames
from .geometry import cover
from .timeline import Timeline, exact_rate

PATCH: PatchSize = (1, 2, 2)  # of every DiT that this package loads


@dataclass(frozen=True)
class SourceClip:
    """A user's clip.

    frames: [F H W 3] in 0..1, or the file that they are read from.
    fps: frames per second.
    varied: whether the file had a variable frame rate.

    Raises ValueError if there are no frames or fps is not positive.
    """

    frames: Frames
    fps: float
    varied: bool = False

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or 0 in self.frames.shape or self.frames.shape[3] != 3:
            raise ValueError(f"got frames of shape {tuple(self.frames.shape)}, expected [F H W 3] and not empty")
        if not (self.fps > 0 and math.isfinite(self.fps)):
            raise ValueError(f"got a clip of {self.fps} frames per second, expected fps > 0")

    def grid(self, side: int, compression: Compression) -> tuple[int, int]:
        """Return height and width with this clip's aspect ratio and about the area of a square of `side` pixels."""
        _, height, width, _ = self.frames.shape
        scale = side / math.sqrt(height * width)
        wanted = VideoShape(1, max(1, round(height * scale)), max(1, round(width * scale)))
        fitted = compression.nearest(wanted, PATCH)
        return fitted.height, fitted.width

    def within(self, height: int, width: int, compression: Compression) -> tuple[int, int]:
        """Return the largest height and width of this clip, in whole patches, within a frame, without cropping."""
        _, own_height, own_width, _ = self.frames.shape
        scale = min(height / own_height, width / own_width)
        fitted = compression.nearest(VideoShape(1, round(own_height * scale), round(own_width * scale)), PATCH)
        return fitted.height, fitted.width

    @property
    def aspect(self) -> float:
        """Width / height of its frames."""
        return self.frames.shape[2] / self.frames.shape[1]

    @property
    def timeline(self) -> Timeline:
        """When its frames are shown, from 0 on."""
        return Timeline(len(self.frames), exact_rate(self.fps))

    def shown(self, fps: float, *, same_end: bool = False) -> torch.Tensor:
        """Return the index of the frame to show in each frame at another fps, [F].

        same_end: where the durations differ, the frames end as the clip does, and do not begin as it does.

        Raises ValueError where that is far more frames than the clip has (budgets.check_repeats).
        """
        wanted = self.timeline.at(exact_rate(fps), same_end=same_end)
        check_repeats(wanted.frames, len(self.frames))
        return self.timeline.shown_in(wanted)

    def part(self, start: int, stop: int) -> SourceClip:
        """Return the frames from `start` to `stop`; those of a file are not read yet."""
        frames = self.frames
        return replace(self, frames=frames.part(start, stop) if isinstance(frames, FileFrames) else frames[start:stop])

    def at(self, fps: float) -> SourceClip:
        """Resample the clip to another fps."""
        if fps == self.fps:
            return self
        shown = self.shown(fps)
        check_memory(len(shown), *self.frames.shape[1:3])
        return SourceClip(self.frames[shown], fps)

    def stream(self, shown: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield frames [H W 3] at indices that do not fall."""
        if isinstance(self.frames, FileFrames):
            yield from self.frames.stream(shown.tolist())
        else:
            yield from (self.frames[index] for index in shown.tolist())

    def pixels(
        self, height: int, width: int, shown: torch.Tensor | None = None, *, aspect: float | None = None
    ) -> torch.Tensor:
        """Scale the clip to cover a size and crop the rest evenly: [1 3 F height width] in 0..1.

        shown: indices of the frames to return; None returns all. A file is read frame by frame. aspect: see cover.
        """
        wanted = torch.arange(len(self.frames)) if shown is None else shown
        if isinstance(self.frames, torch.Tensor):
            return cover(self.frames[wanted].movedim(-1, 1), height, width, aspect).movedim(0, 1)[None]
        pixels = torch.empty(1, 3, len(wanted), height, width)
        for place, frame in enumerate(self.stream(wanted)):
            pixels[0, :, place] = cover(frame.movedim(-1, 0)[None], height, width, aspect)[0]
        return pixels
