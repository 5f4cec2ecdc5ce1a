"""Makes an image of clips of held-out prompts: one row per clip, below its prompt.

python scripts/results_picture.py docs/images/contact_sheet.png
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
PROMPTS = {"solids": 4, "shots": 1, "flat": 1, "game": 1, "painter": 1}  # the first held-out scenes, not the best ones
SEED, EVERY = 0, 2  # every second frame
LINE, LINES, LETTERS = 12, 2, 190  # height of a line of text in pixels, lines of a caption, characters in a line


def main(arguments: list[str]) -> int:
    """Generate the clips and write the image; returns the exit code."""
    if len(arguments) != 1:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    from sora_core import Pipeline
    from sora_core.evals.prompts import world_prompts
    from sora_core.video.contact_sheet import contact_sheet

    pipe = Pipeline.load("nano")
    rows = []
    for prompt in world_prompts(PROMPTS, seed=SEED):
        frames = pipe.generate(prompt, seed=SEED).frames[::EVERY]
        strip = contact_sheet(frames, len(frames))
        row = Image.new("RGB", (strip.width, strip.height + LINES * LINE), "white")
        for number, line in enumerate(textwrap.wrap(prompt, LETTERS)):
            ImageDraw.Draw(row).text((2, number * LINE), line, fill="black")
        row.paste(strip, (0, LINES * LINE))
        rows.append(row)
    height = rows[0].height + 4
    sheet = Image.new("RGB", (rows[0].width, height * len(rows)), "white")
    for index, row in enumerate(rows):
        sheet.paste(row, (0, index * height))
    sheet.save(arguments[0], optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
