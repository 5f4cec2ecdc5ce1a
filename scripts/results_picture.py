"""Makes an image of clips of held-out prompts: one row per clip, below its prompt.

python scripts/results_picture.py docs/images/contact_sheet.png
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
CLIPS, SEED, EVERY = 8, 0, 2  # the first held-out combinations, not the best ones; every second frame
LINE, LINES, LETTERS = 12, 2, 95  # height of a line of text in pixels, lines of a caption, characters in a line


def main(arguments: list[str]) -> int:
    """Generate the clips and write the image; returns the exit code."""
    if len(arguments) != 1:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    from sora_core import Pipeline
    from sora_core.evals.prompts import prompts_for
    from sora_core.video.contact_sheet import contact_sheet
    from sora_core.world.flat import held_out

    pipe = Pipeline.load("nano")
    rows = []
    for prompt in prompts_for(held_out()[:CLIPS], seed=SEED):
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
