"""Rates at which the checks of a domain are right on true clips, as they are and through H.264: their own quality.

A share that a model reaches means nothing where the check fails true clips. No model takes part.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from ..canvas.shapes import VideoShape
from ..video.video_io import read_frames, write_video
from ..world import Domain


@dataclass(frozen=True)
class CheckRate:
    """Shares of true clips, in 0..1, that pass one check: as rendered, and through H.264."""

    check: str
    clips: int
    true: float
    coded: float


def score_checks(
    domain: Domain[Any, Any], video: VideoShape, *, fps: float, count: int, seed: int = 0
) -> tuple[CheckRate, ...]:
    """Check `count` true clips of held-out scenes of a domain at one shape."""
    rng = random.Random(seed)
    passed: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        for _ in range(count):
            scene = domain.sample(rng, unseen=True)
            clip = domain.render([scene], video, fps)[0]
            true, coded = (domain.check(scene, one, fps) for one in (clip, through_h264(clip, Path(folder), fps)))
            for name in true:
                passed[name].append((true[name], coded[name]))
    return tuple(
        CheckRate(name, len(hits), *torch.tensor(hits, dtype=torch.float64).mean(dim=0).tolist())
        for name, hits in sorted(passed.items())
    )


def through_h264(clip: torch.Tensor, folder: Path, fps: float) -> torch.Tensor:
    """Write a clip [3 F H W] in -1..1 into a folder, as a player gets it, and read it back."""
    path = folder / "clip.mp4"
    pixels = ((clip / 2 + 0.5) * 255).round().clamp(0, 255).byte().permute(1, 2, 3, 0).contiguous()
    write_video(path, pixels, fps)
    return torch.stack(list(read_frames(path))).permute(3, 0, 1, 2).float() / 127.5 - 1
