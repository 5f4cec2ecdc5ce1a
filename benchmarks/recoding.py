"""`python -m benchmarks.recoding` measures how the mean colour of clips changes while they are written and read again.

Each round decodes the file of the last one and encodes it anew, as film that is extended again and again is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import torch

from sora_core.video.file_writer import Coding, h264, write_file
from sora_core.video.video_io import read_frames

FRAMES, HEIGHT, WIDTH = 25, 64, 96
QUALITIES = (0, 8, 18)


def clips() -> dict[str, torch.Tensor]:
    """Smooth clips [F H W 3] of whole numbers in 0..255: waves that move, their negative, a still, and with noise."""
    y, x = torch.meshgrid(torch.arange(HEIGHT) / HEIGHT, torch.arange(WIDTH) / WIDTH, indexing="ij")
    waves = [
        torch.stack([torch.sin(6 * x + at / 5), torch.sin(5 * y + at / 7), torch.sin(4 * x + 4 * y)], -1)
        for at in range(FRAMES)
    ]
    moving = torch.stack(waves).add(1).mul(127.5).round()
    noise = 6 * torch.randn(moving.shape, generator=torch.Generator().manual_seed(0))
    still = moving[:1].expand(FRAMES, -1, -1, -1)
    return {"waves": moving, "negative": 255 - moving, "still": still, "noisy": (moving + noise).clamp(0, 255).round()}


def after_rounds(frames: Iterable[torch.Tensor], coding: Coding, rounds: int, path: Path) -> torch.Tensor:
    """Frames [F H W 3], uint8, after so many files."""
    for _ in range(rounds):
        write_file(path, frames, Fraction(FRAMES), coding, None)
        frames = list(read_frames(path))
    return torch.stack(list(frames))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="files written one after the other (%(default)s)")
    parser.add_argument(
        "--x264", default="", metavar="NAME=VALUE:...", help="parameters of x264 in place of the pack's"
    )
    args = parser.parse_args()
    more = {"x264-params": args.x264} if args.x264 else {}
    print("| clip | crf | red | green | blue |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, clip in clips().items():
            for crf in QUALITIES:
                coding = h264(crf)
                coding = replace(coding, options={**coding.options, **more})
                made = after_rounds(list(clip.byte()), coding, args.rounds, Path(folder) / "clip.mp4")
                apart = (made.float() - clip).mean(dim=(0, 1, 2)).tolist()
                print(f"| {name} | {crf} | " + " | ".join(f"{value:+.2f}" for value in apart) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
