"""Makes the thumbnails of nano's workflows for ComfyUI's template browser: what goes in, and what comes out.

python scripts/thumbnails.py workflows [NAME ...]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
GRAPHS = ROOT / "workflows" / "api"
WIDTH, HEIGHT = 512, 400  # pixels
INPUTS, TILES, GAP, ARROW = 144, 3, 8, 44  # width of the column of inputs, its tiles, and between them and the result
LETTERS, FONT, LINE = 14, 18, 24  # of a prompt that stands for the input
PAPER, INK = "white", (70, 80, 100)


def main(arguments: list[str]) -> int:
    """Run the workflows and write FOLDER/NAME.jpg for each; returns the exit code."""
    if not arguments:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    folder, *names = arguments
    sys.path.insert(0, str(ROOT))
    for name in names or sorted(path.stem for path in (ROOT / "workflows" / "notes").glob("*.md")):
        graph = json.loads((GRAPHS / f"{name}.json").read_text(encoding="utf-8"))
        thumbnail(inputs_of(graph), prompt_of(graph), result_of(name)).save(Path(folder) / f"{name}.jpg", quality=90)
    return 0


def thumbnail(clips: Sequence[torch.Tensor], prompt: str, result: torch.Tensor) -> Image.Image:
    """Draw frames of the clips that go in, or the prompt if there are none, and four frames of the result.

    Clips are uint8 [F H W 3].
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    if clips:
        each = TILES // len(clips)
        tiles = [frame for clip in clips for frame in spread(clip, each)]
        side = (HEIGHT - (TILES - 1) * GAP) // TILES
        top = (HEIGHT - len(tiles) * (side + GAP) + GAP) // 2
        for number, frame in enumerate(tiles):
            picture.paste(_fitted(frame, INPUTS, side), (0, top + number * (side + GAP)))
    else:
        lines = textwrap.wrap(prompt, LETTERS)
        top = (HEIGHT - len(lines) * LINE) // 2
        for number, line in enumerate(lines):
            draw.text((0, top + number * LINE), line, fill=INK, font=ImageFont.load_default(FONT))
    middle, left = HEIGHT // 2, INPUTS + GAP
    draw.line((left, middle, left + ARROW - 2 * GAP, middle), fill=INK, width=5)
    draw.polygon([(left + ARROW - 2 * GAP, middle + side) for side in (-10, 10)] + [(left + ARROW - GAP, middle)], INK)
    left = INPUTS + ARROW + GAP
    width, height = (WIDTH - left - GAP) // 2, (HEIGHT - GAP) // 2
    for number, frame in enumerate(spread(result, 4)):
        row, column = divmod(number, 2)
        picture.paste(_fitted(frame, width, height), (left + column * (width + GAP), row * (height + GAP)))
    return picture


def spread(clip: torch.Tensor, count: int) -> list[torch.Tensor]:
    """Choose so many frames of a clip [F H W 3], from its first to its last one; the middle one if it is one."""
    moments = torch.linspace(0, len(clip) - 1, count) if count > 1 else torch.tensor([(len(clip) - 1) / 2])
    return [clip[moment] for moment in moments.round().long().tolist()]


def inputs_of(graph: dict[str, Any]) -> list[torch.Tensor]:
    """Read the sample clips of a graph: uint8 [F H W 3] each."""
    names = [node["inputs"]["clip"] for node in graph.values() if node["class_type"] == "SoraSampleClip"]
    return [_frames(ROOT / "samples" / f"{name}.mp4") for name in names]


def prompt_of(graph: dict[str, Any]) -> str:
    """Find the text of the node that every graph of nano has for its prompt."""
    return str(graph["3"]["inputs"]["text"])


def result_of(name: str) -> torch.Tensor:
    """Run a workflow headless: frames of its video, uint8 [F H W 3]."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "headless", str(GRAPHS / f"{name}.json"), "--out", out]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        return _frames(Path(done.stdout.split("\n")[0]))


def _frames(path: Path) -> torch.Tensor:
    from sora_core.video.video_io import read_frames

    return torch.stack(list(read_frames(path)))


def _fitted(frame: torch.Tensor, width: int, height: int) -> Image.Image:
    """Scale a frame [H W 3] into a box, and put it into its middle."""
    image = Image.fromarray(frame.numpy())
    scale = min(width / image.width, height / image.height)
    small = image.resize((round(scale * image.width), round(scale * image.height)), Image.Resampling.LANCZOS)
    box = Image.new("RGB", (width, height), PAPER)
    box.paste(small, ((width - small.width) // 2, (height - small.height) // 2))
    return box


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
