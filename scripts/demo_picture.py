"""Makes the README's animation from nano's clips of fixed prompts and from shipped workflows.

python scripts/demo_picture.py docs/images/demo.webp
"""

from __future__ import annotations

import random
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
PROMPTS, SEED, SECONDS, FPS = 4, 0, 4.0, 8  # the first held-out combinations, not the best ones
WORKFLOWS = {  # as shipped, with their own seeds
    "animate_image": "Animate: the first frame is given, the prompt moves it",
    "extend_video": "Extend: the first 2 seconds are given, 2 more are invented",
    "connect_videos": "Connect: both clips are given, the second between them is invented",
    "edit_video": "Edit: a clip of a red circle, drawn again as a green one",
}
COLUMNS, SCALE, GAP = 4, 3, 12  # pixels of a clip become SCALE x SCALE ones
LETTERS, LINE, FONT = 32, 14, 11  # caption: characters in a line, line height in pixels, font size
CAPTION = 3 * LINE + 4

Clip = tuple[str, torch.Tensor]  # a caption, and frames as uint8 [F H W 3]


def main(arguments: list[str]) -> int:
    """Make the clips and write the animation; returns the exit code."""
    if len(arguments) != 1:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    pictures = list(moving_picture([*prompted(), *worked()]))
    pictures[0].save(
        arguments[0], save_all=True, append_images=pictures[1:], duration=1000 // FPS, loop=0, quality=80, method=6
    )
    return 0


def prompted() -> Iterator[Clip]:
    """Generate clips of held-out combinations, which nano was not trained on."""
    from sora_core import Pipeline
    from sora_core.world.flat import Style, caption, held_out

    pipe, rng = Pipeline.load("nano"), random.Random(SEED)
    for wanted in held_out()[:PROMPTS]:
        prompt = caption(wanted, Style.DESCRIPTIVE, rng)
        yield f'"{prompt}"', pipe.generate(prompt, seconds=SECONDS, seed=SEED).frames


def worked() -> Iterator[Clip]:
    """Run shipped workflows headless, and yield their clips."""
    from scripts.workflow_runs import made

    for name, title in WORKFLOWS.items():
        yield title, made(name)[0].frames


def moving_picture(clips: Sequence[Clip]) -> Iterator[Image.Image]:
    """Yield frames with all clips side by side, as many as the longest clip has."""
    total = max(len(frames) for _, frames in clips)
    width = max(frames.shape[2] for _, frames in clips) * SCALE + GAP
    height = max(frames.shape[1] for _, frames in clips) * SCALE + CAPTION + GAP
    rows = -(-len(clips) // COLUMNS)
    for moment in range(total):
        picture = Image.new("RGB", (GAP + COLUMNS * width, GAP + rows * height), "white")
        for number, (title, frames) in enumerate(clips):
            corner = (GAP + number % COLUMNS * width, GAP + number // COLUMNS * height)
            _draw(picture, corner, title, frames[shown(moment, len(frames), total)])
        yield picture


def shown(moment: int, length: int, total: int) -> int:
    """Return the frame of a clip to show: clips repeat as often as they fit, and then stay on the last frame."""
    turn = total // (total // length)
    return min(moment % turn, length - 1)


def _draw(picture: Image.Image, corner: tuple[int, int], title: str, frame: torch.Tensor) -> None:
    left, top = corner
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT)
    for number, line in enumerate(textwrap.wrap(title, LETTERS)):
        draw.text((left, top + number * LINE), line, fill="black", font=font)
    image = Image.fromarray(frame.numpy())
    size = (SCALE * image.width, SCALE * image.height)
    picture.paste(image.resize(size, Image.Resampling.NEAREST), (left, top + CAPTION))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
