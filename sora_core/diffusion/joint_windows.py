"""A sliding window over frames and their sound: each window hears what it sees, and goes on from both."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..canvas.joint_canvas import JointCanvas, RowCanvas, SoundCanvas
from ..canvas.latent_canvas import LatentCanvas
from ..canvas.sound_grid import SoundCuts
from .sampler import NoiseSource, NoiseStream
from .schedule import noise_schedule
from .windows import SlidingWindow, WindowSampling


def sample_joint(
    canvas: JointCanvas, windows: SlidingWindow, cuts: SoundCuts, sampling: WindowSampling, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sample frames [B C T H W] and their sound window by window; the sampling's fill takes RowCanvases.

    cuts: which sound belongs to a window. A window draws the noise of its frames first, then that of its sound.
    """
    noise = NoiseSource(seed)
    made = [canvas.picture.clean.float().clone(), canvas.sound.clean.float().clone()]
    levels = [canvas.picture.noise_level.float().clone(), canvas.sound.noise_level.float().clone()]
    finished = [torch.zeros_like(level) for level in levels]  # 1 where an earlier window has been
    for window in windows.spans(canvas.picture.shape.frames):
        places = (2, slice(window.start, window.stop)), (cuts.grid.axis, cuts.of(window))
        clean, level, context = (_at(streams, places) for streams in (made, levels, finished))
        row = RowCanvas.of(JointCanvas(LatentCanvas(clean[0], level[0]), SoundCanvas(clean[1], level[1])))
        schedule = noise_schedule(sampling.levels, row.noise_level, sampling.patch)
        if windows.context_level:
            schedule = torch.maximum(schedule, windows.context_level * row.packing.pack(context).to(schedule))
        first = row.packing.pack([noise.draw(shape) for shape in row.packing.shapes]).to(row.clean)
        filled = sampling.fill(row, schedule, NoiseStream(first, noise), window)
        for view, fresh in zip(clean, row.packing.unpack(filled), strict=True):
            view.copy_(fresh)  # known places as they were
        for known, seen in zip(level, context, strict=True):
            known.fill_(0.0)
            seen.fill_(1.0)
    return made[0], made[1]


def _at(streams: Sequence[torch.Tensor], places: Sequence[tuple[int, slice]]) -> list[torch.Tensor]:
    """Views of each stream at places along an axis."""
    pairs = zip(streams, places, strict=True)
    return [stream.narrow(axis, cut.start, cut.stop - cut.start) for stream, (axis, cut) in pairs]
