"""Images of a long film from Sora Join Videos are made once they are connected, though ComfyUI has the film cached."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sora_core.video.video_io import write_video

pytestmark = [pytest.mark.live, pytest.mark.slow]

FRAMES, HEIGHT, WIDTH = 110, 360, 640  # twice of this is more than Sora Join Videos holds


def cached(entry: dict[str, Any]) -> list[str]:
    """Nodes that were not run again."""
    messages = dict(entry["status"]["messages"])
    return messages["execution_cached"]["nodes"]


def test_images_that_are_connected_later_are_made_and_nothing_is_joined_twice_for_nothing(comfy):
    frames = (torch.full((HEIGHT, WIDTH, 3), 2 * index, dtype=torch.uint8) for index in range(FRAMES))
    write_video(comfy.base / "input" / "long.mp4", frames, 30.0)
    film = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "long.mp4"}},
        "2": {"class_type": "SoraJoinVideos", "inputs": {"first": ["1", 0], "second": ["1", 0], "overlap": 0}},
        "3": {"class_type": "SaveVideo", "inputs": {"video": ["2", 0], "filename_prefix": "film", "format": "auto"}},
    }
    images = {
        "4": {"class_type": "ImageFromBatch", "inputs": {"image": ["2", 1], "batch_index": 200, "length": 1}},
        "5": {"class_type": "PreviewImage", "inputs": {"images": ["4", 0]}},
    }
    comfy.run(film)
    assert "2" in cached(comfy.run(film))
    assert "2" not in cached(comfy.run({**film, **images}))
    assert "2" in cached(comfy.run({**film, **images}))
