"""Sample clips and pictures of the workflows, in web/, where ComfyUI's page can show them.

Load Image chooses among the files of the input folder: the pictures are put there, so that workflows run at once.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "web" / "samples"


def offer_pictures(input_folder: Path) -> None:
    """Put the pictures of the workflows into the input folder, where files of these names are not there yet."""
    for picture in sorted(SAMPLES.glob("*.png")):
        place = input_folder / picture.name
        try:
            if not place.exists():
                shutil.copyfile(picture, place)
        except OSError as problem:  # workflows that show it ask for another picture
            logging.warning("Sora Video: cannot put %s into the input folder: %s", picture.name, problem)
            return
