"""A sheet of clips has a row for each clip and its frames side by side."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sora_core.train.sheets import save_sheet


def test_frames_lie_side_by_side_and_clips_below_each_other(tmp_path: Path) -> None:
    tones = torch.tensor([[-1.0, 0.0, 1.0], [0.5, -0.5, 3.0]])  # of three frames of two clips; 3 is out of range
    clips = tones[:, None, :, None, None].expand(2, 3, 3, 4, 6)
    save_sheet(clips, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        pixels = np.asarray(sheet)
    assert pixels.shape == (2 * 4, 3 * 6, 3)
    cells = pixels.reshape(2, 4, 3, 6, 3)
    assert (cells == cells[:, :1, :, :1, :1]).all()
    assert cells[:, 0, :, 0, 0].tolist() == [[0, 128, 255], [191, 64, 255]]
