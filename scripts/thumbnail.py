"""Makes a workflow's thumbnail for ComfyUI's template browser: four frames of a video that it made.

python scripts/thumbnail.py out/demo.mp4 workflows/text_to_video.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SIDE = 512  # longer side in pixels


def main(arguments: list[str]) -> int:
    """Read the video and write the JPEG; returns the exit code."""
    if len(arguments) != 2:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    from sora_core.video.contact_sheet import contact_sheet
    from sora_core.video.video_io import read_frames

    frames = torch.stack(list(read_frames(arguments[0])))  # [F H W 3]
    moments = torch.linspace(0, len(frames) - 1, 4).round().long()
    sheet = contact_sheet(frames[moments], 2)
    scale = SIDE / max(sheet.size)
    size = (round(sheet.width * scale), round(sheet.height * scale))
    sheet.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(arguments[1], quality=90)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
