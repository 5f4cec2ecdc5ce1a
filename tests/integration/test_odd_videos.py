"""Video files as people have them, loaded by ComfyUI itself and used by our nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import odd_videos

pytestmark = [pytest.mark.live, pytest.mark.slow]

TIMES = [500 + time for time in (0, 100, 200, 500, 600, 1100)]
SHOWN = [0, 1, 2, 2, 2, 3, 4, 4, 4, 4, 4, 5]


def joined(name: str, trim: tuple[float, float] | None = None):
    """A graph that joins a file of the input folder to itself, and saves the frames."""
    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": name}},
        "3": {"class_type": "SoraJoinVideos", "inputs": {"first": ["1", 0], "second": ["1", 0], "overlap": 0}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 1], "filename_prefix": f"odd/{name}"}},
    }
    if trim:
        start, duration = trim
        slice_inputs = {"video": ["1", 0], "start_time": start, "duration": duration, "strict_duration": False}
        graph["2"] = {"class_type": "Video Slice", "inputs": slice_inputs}
        graph["3"]["inputs"].update(first=["2", 0], second=["2", 0])
    return graph


def picture(path: Path) -> torch.Tensor:
    return torch.from_numpy(np.array(Image.open(path)))  # [H W 3]


@pytest.fixture
def frames(comfy):
    """Makes a file in the input folder with `make(path)`, and gives the frames of it joined to itself."""

    def get(name, make, trim=None):
        make(comfy.base / "input" / name)
        return [picture(path) for path in comfy.saved_files(comfy.run(joined(name, trim)))]

    return get


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_variable_rate_is_read_as_it_is_shown(comfy, frames, suffix):
    before = len(comfy.log)
    read = frames(f"varied.{suffix}", lambda path: odd_videos.write_at(path, TIMES))
    assert odd_videos.shown(read) == SHOWN * 2
    for name in ("first", "second"):
        assert f"Sora: {name}: variable frame rate, read at 10 fps" in comfy.log[before:]


def test_a_trimmed_video_of_variable_rate_has_the_times_of_its_part(frames):
    read = frames("trimmed.mkv", lambda path: odd_videos.write_at(path, [0, 100, 200, 500, 600, 1100]), (0.2, 0.9))
    assert odd_videos.shown(read) == [2, 2, 2, 3, 4] * 2


def test_a_constant_rate_gives_each_frame_once(frames):
    read = frames("constant.mkv", lambda path: odd_videos.write_at(path, [round(index / 0.03) for index in range(9)]))
    assert odd_videos.shown(read) == [*range(9)] * 2


@pytest.mark.parametrize(("pix_fmt", "suffix"), [("yuv420p10le", "mp4"), ("rgba", "mov")])
def test_ten_bits_and_alpha_are_used_for_their_colours(frames, pix_fmt, suffix):
    times = range(0, 900, 100)
    read = frames(f"{pix_fmt}.{suffix}", lambda path: odd_videos.write_at(path, times, pix_fmt=pix_fmt))
    assert odd_videos.shown(read) == [*range(9)] * 2


def test_a_clip_filmed_sideways_is_used_upright(frames, tmp_path):
    straight = odd_videos.write_at(tmp_path / "straight.mp4", range(0, 900, 100), size=(32, 64))
    read = frames("turned.mp4", lambda path: odd_videos.turn(straight, path))
    assert read[0].shape == (64, 32, 3)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("empty.mp4", Path.touch, "empty.mp4 is not a video that can be read"),
        ("text.mp4", lambda path: path.write_text("no video\n" * 99), "text.mp4 is not a video that can be read"),
        ("sound.mp4", odd_videos.write_sound, "sound.mp4 is not a video that can be read: it has no video stream"),
        ("bare.h264", lambda path: odd_videos.write_at(path, range(0, 900, 100)), "got a video without timestamps"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(comfy, name, make, message):
    make(comfy.base / "input" / name)
    entry = comfy.finish(comfy.queue(joined(name)))
    (error,) = [data for kind, data in entry["status"]["messages"] if kind == "execution_error"]
    assert error["node_type"] == "SoraJoinVideos"
    assert message in error["exception_message"]


def test_sounds_of_two_rates_are_joined(comfy):
    graph = {"9": {"class_type": "EmptyImage", "inputs": {"width": 32, "height": 32, "batch_size": 4, "color": 0}}}
    for key, rate in (("10", 8000), ("20", 16000)):
        sound = {"duration": 0.5, "sample_rate": rate, "channels": 1}
        graph[key] = {"class_type": "EmptyAudio", "inputs": sound}
        create = {"images": ["9", 0], "fps": 8.0, "audio": [key, 0]}
        graph[f"{key}1"] = {"class_type": "CreateVideo", "inputs": create}
    clips = {"first": ["101", 0], "second": ["201", 0], "overlap": 0}
    graph["3"] = {"class_type": "SoraJoinVideos", "inputs": clips}
    graph["4"] = {"class_type": "SaveImage", "inputs": {"images": ["3", 1], "filename_prefix": "odd/sound"}}
    entry = comfy.finish(comfy.queue(graph))
    assert [kind for kind, _ in entry["status"]["messages"] if kind == "execution_error"] == []
