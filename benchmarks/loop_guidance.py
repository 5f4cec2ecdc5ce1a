"""`python -m benchmarks.loop_guidance` measures how guidance and prompt change the turn of a loop.

Runs workflows/api/loop_video.json with three settings and measures the object's steps between frames: at the turn, and
the largest elsewhere. In a good loop the two are similar.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from sora_core.video.video_io import read_frames
from sora_core.world.flat.checks import object_track

GRAPH = "workflows/api/loop_video.json"
SETTINGS = (
    (2.5, "a red circle moves slowly on a black background"),
    (2.5, ""),
    (1.0, "a red circle on a black background"),
)


def steps_of_loop(guidance: float, prompt: str, seconds: float) -> tuple[float, float]:
    """Run the workflow; returns the step in pixels from the last frame to the first, and the largest other step."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"5.guidance": guidance, "3.text": prompt, "4.seconds": seconds, "8.clip": "circle_right"}
        given = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        command = [sys.executable, "-m", "headless", GRAPH, *given, "--out", folder]
        subprocess.run(command, check=True, capture_output=True)
        (video,) = Path(folder).rglob("*.mp4")
        frames = torch.stack(list(read_frames(video)))  # [F H W 3]
    track = object_track(frames.movedim(-1, 0).float() / 255)  # [F 2]
    steps = track.diff(dim=0).norm(dim=1)
    return float((track[0] - track[-1]).norm()), float(steps.max())


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="duration of the way back (%(default)s)")
    args = parser.parse_args()
    print("| guidance | prompt | step at the turn, pixels | largest other step |\n|---|---|---|---|")
    for guidance, prompt in SETTINGS:
        turn, other = steps_of_loop(guidance, prompt, args.seconds)
        print(f"| {guidance:g} | {prompt or 'none'} | {turn:.2f} | {other:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
