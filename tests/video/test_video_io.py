"""Video files: round trips, what a browser needs, bounded memory, and nothing left behind by a failure."""

import os
import struct
import weakref

import av
import pytest
import torch

import odd_videos
from sora_core.video.video_io import check_target, probe, read_float_frames, read_frames, timing_in, write_video


def clip(frames: int, height: int, width: int) -> torch.Tensor:
    """A smooth picture that gets brighter from frame to frame, uint8 [F H W 3]."""
    red = torch.linspace(40, 200, width).expand(height, width)
    green = torch.linspace(40, 200, height)[:, None].expand(height, width)
    picture = torch.stack([red, green, torch.full_like(red, 90)], dim=-1)
    return torch.stack([(picture + 2 * index).clamp(0, 255).to(torch.uint8) for index in range(frames)])


def boxes(data: bytes) -> list[bytes]:
    """Names of the top-level boxes of an mp4, in order."""
    names, at = [], 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        names.append(name)
        at += size
    return names


def test_size_count_rate_and_pixels_survive_the_round_trip(tmp_path):
    frames, path = clip(11, 64, 48), tmp_path / "clip.mp4"
    assert write_video(path, iter(frames), 8) == 11
    assert probe(path) == (64, 48, 8.0, 11)
    back = torch.stack(list(read_frames(path)))
    assert back.shape == frames.shape
    assert back.dtype == torch.uint8
    assert (back.float() - frames.float()).abs().mean() < 2


def test_saturated_colours_survive_the_round_trip(tmp_path):
    colours = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [255, 255, 255], [0, 0, 0]])
    picture = colours.to(torch.uint8).repeat_interleave(16, 0).expand(32, -1, -1)
    write_video(tmp_path / "clip.mp4", [picture], 24)
    (back,) = read_frames(tmp_path / "clip.mp4")
    torch.testing.assert_close(back[16, 8::16].long(), colours, atol=3, rtol=0)


def test_the_file_is_what_browsers_play_from_the_first_byte(tmp_path):
    write_video(tmp_path / "clip.mp4", clip(3, 32, 32), 8)
    order = boxes((tmp_path / "clip.mp4").read_bytes())
    assert order.index(b"moov") < order.index(b"mdat")
    with av.open(str(tmp_path / "clip.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)


@pytest.mark.parametrize("size", [(1, 1), (15, 32), (16, 17)])
def test_an_odd_size_grows_by_a_copy_of_its_edge(tmp_path, size):
    write_video(tmp_path / "clip.mp4", clip(2, *size), 8)
    back = next(read_frames(tmp_path / "clip.mp4"))
    expected = (size[0] + size[0] % 2, size[1] + size[1] % 2, 3)
    assert back.shape == expected
    assert (back.float()[: size[0], : size[1]] - clip(1, *size)[0].float()).abs().mean() < 6


@pytest.mark.parametrize("fps", [0.5, 23.976, 30, 1000])
def test_the_rate_survives(tmp_path, fps):
    write_video(tmp_path / "clip.mp4", clip(4, 16, 16), fps)
    assert probe(tmp_path / "clip.mp4").fps == pytest.approx(fps, rel=1e-4)


@pytest.mark.slow
def test_writing_480_frames_holds_only_a_few_at_a_time(tmp_path):
    alive, most = weakref.WeakSet(), 0

    def frames():
        nonlocal most
        for index in range(480):
            frame = torch.full((16, 16, 3), index % 256, dtype=torch.uint8)
            alive.add(frame)
            most = max(most, len(alive))
            yield frame
            del frame

    assert write_video(tmp_path / "clip.mp4", frames(), 24) == 480
    assert most <= 3
    assert sum(1 for _ in read_frames(tmp_path / "clip.mp4")) == 480


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_among_the_frames_leaves_nothing_and_keeps_the_older_file(tmp_path, error):
    (tmp_path / "clip.mp4").write_bytes(b"older")

    def frames():
        yield from clip(5, 32, 32)
        raise error

    with pytest.raises(error):
        write_video(tmp_path / "clip.mp4", frames(), 8)
    assert os.listdir(tmp_path) == ["clip.mp4"]
    assert (tmp_path / "clip.mp4").read_bytes() == b"older"


def test_a_full_disk_is_an_error_that_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    frames = torch.randint(0, 255, (20, 128, 128, 3), dtype=torch.uint8)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
        with pytest.raises(OSError, match=r"cannot write .*clip\.mp4: File too large"):
            write_video(tmp_path / "clip.mp4", frames, 8)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("frames", "fps", "crf", "message"),
    [
        ([], 8, 18, "no frames"),
        ([torch.zeros(16, 16, 3)], 8, 18, "uint8"),
        ([torch.zeros(3, 16, 16, dtype=torch.uint8)], 8, 18, r"\[H W 3\]"),
        ([*clip(1, 16, 16), *clip(1, 16, 18)], 8, 18, r"one size, got \[16, 18, 3\] after \[16, 16, 3\]"),
        (clip(1, 16, 16), 0, 18, "fps"),
        (clip(1, 16, 16), float("nan"), 18, "fps"),
        (clip(1, 16, 16), 0.001, 18, "fps"),
        (clip(1, 16, 16), 8, 52, "crf"),
    ],
)
def test_bad_input_is_rejected_and_leaves_nothing(tmp_path, frames, fps, crf, message):
    with pytest.raises(ValueError, match=message):
        write_video(tmp_path / "clip.mp4", frames, fps, crf=crf)
    assert os.listdir(tmp_path) == []


def test_a_name_as_long_as_the_file_system_takes_is_written(tmp_path):
    target = tmp_path / ("x" * 250 + ".mp4")
    assert write_video(target, clip(2, 16, 16), 8) == 2
    assert os.listdir(tmp_path) == [target.name]


def test_a_target_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(ValueError, match=r"\.mp4, got 'out\.gif'"):
        check_target("out.gif")
    with pytest.raises(ValueError, match="zero byte"):
        check_target(tmp_path / "a\0b.mp4")
    with pytest.raises(FileNotFoundError, match="missing does not exist"):
        check_target(tmp_path / "missing" / "out.mp4")
    with pytest.raises(NotADirectoryError, match="file is not a directory"):
        check_target(tmp_path / "file" / "out.mp4")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        check_target(tmp_path / "folder.mp4")


def test_a_directory_without_write_permission_is_named(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):  # permissions do not bind root
        monkeypatch.setattr(os, "access", lambda path, wanted: not wanted & os.W_OK)
    with pytest.raises(PermissionError, match="no permission to write in the directory"):
        write_video(tmp_path / "out.mp4", clip(1, 16, 16), 8)
    tmp_path.chmod(0o700)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.mp4", b"not a video\n" * 50),
        ("text.txt", b"not a video\n" * 50),
        ("empty.mp4", b""),
        ("z.mp4", bytes(999)),
    ],
)
def test_what_is_not_a_video_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} is not a video that can be read"):
        probe(tmp_path / name)
    with pytest.raises(ValueError, match=f"{name} is not a video that can be read"):
        next(read_frames(tmp_path / name))


def test_a_truncated_video_is_named(tmp_path):
    write_video(tmp_path / "clip.mp4", clip(9, 64, 64), 8)
    data = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "half.mp4").write_bytes(data[: data.index(b"mdat") + 40])
    with pytest.raises(ValueError, match=r"half\.mp4 is not a video that can be read"):
        list(read_frames(tmp_path / "half.mp4"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.mp4"):
        probe(tmp_path / "no.mp4")


def test_sound_alone_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"sound\.mp4 is not a video that can be read: it has no video stream"):
        probe(odd_videos.write_sound(tmp_path / "sound.mp4"))


def test_a_clip_filmed_sideways_is_read_upright(tmp_path):
    write_video(tmp_path / "clip.mp4", clip(2, 32, 64), 8)
    turned = odd_videos.turn(tmp_path / "clip.mp4", tmp_path / "turned.mp4")
    assert probe(turned)[:2] == (64, 32)
    for read in (read_frames, read_float_frames):
        assert torch.equal(next(read(turned)), next(read(tmp_path / "clip.mp4")).rot90(-1))


def test_ten_bits_are_read_as_deep_as_they_are(tmp_path):
    path = odd_videos.write_at(tmp_path / "clip.mp4", [0, 100, 200], pix_fmt="yuv420p10le")
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p10le"
    for read in (read_frames, read_float_frames):
        assert odd_videos.shown(read(path)) == [0, 1, 2]


@pytest.mark.parametrize("pix_fmt", ["rgba", "argb"])
def test_alpha_is_left_out(tmp_path, pix_fmt):
    path = odd_videos.write_at(tmp_path / "clip.mov", [0, 100, 200], pix_fmt=pix_fmt)
    for read in (read_frames, read_float_frames):
        frames = list(read(path))
        assert frames[0].shape == (32, 32, 3)
        assert odd_videos.shown(frames) == [0, 1, 2]


def each_frame_once(path):
    """The frames as the decoder gives them, whenever they are shown: uint8 [F H W 3] of flat gray 8-bit files."""
    with av.open(str(path)) as container:
        levels = [torch.from_numpy(x.to_ndarray()[: x.height]) for x in container.decode(video=0)]
    gray = (torch.stack(levels).float() - 16).mul(255 / 219).clamp(0, 255).round().to(torch.uint8)
    return gray[..., None].expand(-1, -1, -1, 3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize("start", [0, 700])
def test_of_a_variable_rate_each_moment_shows_the_frame_that_is_shown_then(tmp_path, suffix, start):
    times = [start + time for time in (0, 100, 200, 500, 600, 1100)]
    path = odd_videos.write_at(tmp_path / f"clip.{suffix}", times)
    expected = [0, 1, 2, 2, 2, 3, 4, 4, 4, 4, 4, 5]
    assert probe(path) == (32, 32, 10.0, len(expected))
    for read in (read_frames, read_float_frames):
        assert odd_videos.shown(read(path)) == expected


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("fps", [10, 24, 30, 60])
@pytest.mark.parametrize("start", [0, 700])
def test_a_constant_rate_gives_each_frame_once_bit_for_bit(tmp_path, suffix, fps, start):
    times = [start + round(1000 * index / fps) for index in range(11)]
    path = odd_videos.write_at(tmp_path / f"clip.{suffix}", times, declared=fps)
    assert probe(path).fps == pytest.approx(fps, rel=5e-3)
    assert timing_in(path).repeats is None
    assert torch.equal(torch.stack(list(read_frames(path))), each_frame_once(path))


def test_frames_without_times_come_once_each_at_the_rate_of_the_header(tmp_path):
    path = odd_videos.write_at(tmp_path / "clip.h264", [0, 100, 200, 500])
    assert timing_in(path).stamped is False
    assert probe(path).fps == 25.0  # what bare H.264 is taken to be
    assert odd_videos.shown(read_frames(path)) == [0, 1, 2, 3]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_file_of_one_frame_is_read(tmp_path, suffix):
    path = odd_videos.write_at(tmp_path / f"clip.{suffix}", [500])
    assert probe(path).fps == pytest.approx(30, rel=1e-2)
    assert odd_videos.shown(read_frames(path)) == [0]


def test_a_part_of_a_file_has_the_times_of_that_part_and_a_stream_of_bytes_those_of_its_file(tmp_path):
    path = odd_videos.write_at(tmp_path / "clip.mkv", [0, 100, 200, 500, 600, 700, 1100])
    assert timing_in(path, 0.1, 0.6) == (10.0, [1, 3, 1, 1], True)
    assert timing_in(path, 0.1, 0.2) == (10.0, None, True)
    assert timing_in(path, 5.0, 1.0).repeats is None
    with path.open("rb") as file:
        assert timing_in(file) == timing_in(path)


@pytest.mark.slow
def test_a_long_file_of_variable_rate_is_read_one_frame_at_a_time(tmp_path):
    times = [40 * index + 200 * (index // 100) for index in range(480)]
    path = odd_videos.write_at(tmp_path / "clip.mp4", times, size=(16, 16))
    alive, most, count, before = weakref.WeakSet(), 0, 0, None
    for frame in read_frames(path):
        if frame is not before:
            alive.add(frame)
        before, most, count = frame, max(most, len(alive)), count + 1
    assert count == 480 + 4 * 5
    assert most <= 3
