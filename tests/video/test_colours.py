"""Colours are those of the book, whatever matrix, range, depth and version of PyAV; none is read twice to drift."""

import av
import numpy as np
import pytest
import torch

import odd_videos
from sora_core.video.colours import Coding, RgbReader, bytes_of
from sora_core.video.video_io import probe, read_float_frames, read_frames, write_video

COLOURS = [(0.8, 0.1, 0.1), (0.2, 0.5, 0.9)]


@pytest.mark.slow
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 5, 9])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("colour", COLOURS)
def test_every_matrix_range_and_format_gives_the_colour_that_was_written(tmp_path, colour, pix_fmt, matrix, full):
    path = odd_videos.write_coded(tmp_path / "clip.mp4", colour, matrix=matrix, full=full, pix_fmt=pix_fmt, **BT709)
    wanted = torch.tensor(colour)
    error = max((frame.mean((0, 1)) - wanted).abs().max() for frame in read_float_frames(path))
    assert error < ROUNDING / (4 if "10" in pix_fmt else 1)
    assert (
        max((frame.float().mean((0, 1)) / 255 - wanted).abs().max() for frame in read_frames(path))
        < ROUNDING + 0.5 / 255
    )


ROUNDING = 0.5 / 219 + 0.5 * 2 * (1 - 0.0593) / 224  # of the codes in the file, each to the nearest one
BT709 = {"color_primaries": 1, "color_trc": 1}


def reference(frame, kr, kb, full):
    """RGB [H W 3] of a frame of 4:4:4 and 8 bits by the definition."""
    luma, blue, red = (frame.to_ndarray()[index].astype(float) for index in range(3))
    if full:
        luma, blue, red = luma / 255, (blue - 128) / 255, (red - 128) / 255
    else:
        luma, blue, red = (luma - 16) / 219, (blue - 128) / 224, (red - 128) / 224
    r, b = luma + 2 * (1 - kr) * red, luma + 2 * (1 - kb) * blue
    return np.stack([r, (luma - kr * r - kb * b) / (1 - kr - kb), b], -1).clip(0, 1)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("matrix", "weights"), [(1, (0.2126, 0.0722)), (5, (0.299, 0.114)), (2, (0.299, 0.114))])
@pytest.mark.parametrize("name", ["yuv444p", "yuvj444p"])
def test_planes_become_rgb_without_any_rounding(name, matrix, weights, full):
    values = np.random.default_rng(0).integers(16, 235, (3, 32, 48), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(values, format=name)
    frame.colorspace, frame.color_range = matrix, 2 if full else 1
    expected = reference(frame, *weights, full or name == "yuvj444p")
    assert np.abs(RgbReader().rgb(frame).numpy() - expected).max() < 1e-5


def test_chroma_is_upsampled_between_its_samples():
    frame = av.VideoFrame(32, 32, "yuv420p")
    for plane, value in zip(frame.planes, (128, 0, 128), strict=True):
        rows = np.full((plane.height, plane.line_size), value, np.uint8)
        if value == 0:
            rows[:, : plane.width] = 64 + 8 * np.arange(plane.width)
        plane.update(rows.tobytes())
    frame.colorspace, frame.color_range = 1, 1
    steps = RgbReader().rgb(frame)[8, 2:-2, 2].diff()
    torch.testing.assert_close(steps, steps.mean().expand_as(steps), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("name", "top"), [("gray", 255), ("gray16le", 65535), ("gray16be", 65535), ("rgb48le", 65535), ("rgb24", 255)]
)
def test_gray_and_rgb_keep_all_their_bits(name, top):
    kind, native = (np.uint8 if top == 255 else np.uint16), name.replace("be", "le")
    ramp = np.linspace(0, top, 64).round()[None].repeat(16, 0)
    frame = av.VideoFrame.from_ndarray(
        (np.stack([ramp] * 3, -1) if "rgb" in name else ramp).astype(kind), format=native
    )
    made = RgbReader().rgb(frame.reformat(format=name))
    torch.testing.assert_close(made[..., 1].double(), torch.from_numpy(ramp / top), atol=1e-6, rtol=0)


def test_alpha_is_read_as_deep_as_it_is_and_none_where_there_is_none():
    values = np.random.default_rng(0).integers(0, 255, (16, 32, 4), dtype=np.uint8)
    alpha = RgbReader().alpha(av.VideoFrame.from_ndarray(values, format="rgba"))
    torch.testing.assert_close(alpha, torch.from_numpy(values[..., 3]).float() / 255)
    assert RgbReader().alpha(av.VideoFrame(16, 16, "yuv420p")) is None


def test_a_matrix_that_is_not_read_is_refused_by_its_name():
    frame = av.VideoFrame(16, 16, "yuv420p10le")
    frame.colorspace = 14
    with pytest.raises(ValueError, match="its colours are coded as ICtCp, which is not read"):
        Coding.of(frame)


def test_one_reading_of_a_lossless_file_changes_no_mean_by_more_than_a_twentieth(tmp_path):
    clip = smooth(8)
    write_video(tmp_path / "clip.mp4", clip, 25, crf=0)
    assert drift(read_frames(tmp_path / "clip.mp4"), clip).abs().max() < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("crf", [0, 18])  # without loss, and as files are saved
def test_nine_rounds_of_writing_and_reading_do_not_drift(tmp_path, crf):
    clip = now = smooth(25)
    for _ in range(9):
        write_video(tmp_path / "clip.mp4", now, 25, crf=crf)
        now = list(read_frames(tmp_path / "clip.mp4"))
    assert drift(now, clip).abs().max() < 0.3


def smooth(frames):
    """Waves that reach all levels, uint8 [64 96 3] each."""
    y, x = torch.meshgrid(torch.arange(64) / 64, torch.arange(96) / 96, indexing="ij")
    waves = [[6 * x + k / 5, 5 * y + k / 7, 4 * x + 4 * y] for k in range(frames)]
    return [bytes_of(0.5 + 0.5 * torch.stack(each, -1).sin()) for each in waves]


def drift(frames, clip):
    """How far the mean of each channel is from that of the clip, in levels."""
    return torch.stack(list(frames)).float().mean((0, 1, 2)) - torch.stack(list(clip)).float().mean((0, 1, 2))


@pytest.mark.parametrize(("transfer", "kind"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_converted_and_told_never_taken_for_srgb(tmp_path, caplog, transfer, kind):
    tags = {"color_primaries": 9, "color_trc": transfer}
    path = odd_videos.write_coded(tmp_path / "clip.mp4", (0.5, 0.5, 0.5), matrix=9, pix_fmt="yuv420p10le", **tags)
    gray = next(read_float_frames(path)).mean((0, 1))
    assert probe(path)[:2] == (48, 64)
    assert f"clip.mp4 is HDR ({kind}, BT.2020): its colours are converted to sRGB" in caplog.text
    assert gray.max() - gray.min() < 0.01  # gray stays gray
    assert abs(gray.mean() - 0.5) > 0.05
