"""Sample clips and pictures of the workflows, in web/, where ComfyUI's page can show them.

Load Image chooses among the files of the input folder, and Sora Caption Folder reads a folder inside it: what they
show is put there, so that workflows run at once.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "web" / "samples"
FOLDER, CLIPS = "sora_clips", ("circle_right", "square_up", "triangle_left")
"""The folder that a workflow captions, and the clips in it."""


def offer_samples(input_folder: Path) -> None:
    """Put the pictures of the workflows into the input folder, and their clips into a folder inside it.

    Files of the same names stay, and so does a folder of that name, whatever is in it.
    """
    try:
        for picture in sorted(SAMPLES.glob("*.png")):
            if not (input_folder / picture.name).exists():
                shutil.copyfile(picture, input_folder / picture.name)
        if not (folder := input_folder / FOLDER).exists():
            folder.mkdir()
            for clip in CLIPS:
                shutil.copyfile(SAMPLES / f"{clip}.mp4", folder / f"{clip}.mp4")
    except OSError as problem:  # workflows that show them ask for others
        logging.warning("Sora Video: cannot put samples into the input folder: %s", problem)
