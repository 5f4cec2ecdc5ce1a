"""The closed door: files are opened as files, in formats that hold their own data, and nothing else is read."""

import io
import os
from types import SimpleNamespace

import av
import numpy as np
import pytest

import odd_videos
from sora_core.video.opening import VIDEO_FORMATS, main_stream, opened, opened_video
from sora_core.video.video_io import probe, read_frames

NESTED = {
    "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n",
    "endless.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n{secret}\n",
    "a.ffconcat": "ffconcat version 1.0\nfile '{secret}'\n",
    "a.mpd": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>{secret}</BaseURL></Period></MPD>',
    "a.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5000 RTP/AVP 96\n",
    "a.ism": '<?xml version="1.0"?><SmoothStreamingMedia MajorVersion="2"></SmoothStreamingMedia>',
}


@pytest.fixture
def secret(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    return odd_videos.write_at(tmp_path / "elsewhere" / "secret.mp4", range(0, 500, 100))


@pytest.mark.parametrize("suffix", ["", ".mp4", ".mkv"])
@pytest.mark.parametrize("name", NESTED)
def test_a_list_of_other_files_is_refused_under_every_name(tmp_path, secret, name, suffix):
    path = tmp_path / (name + suffix)
    path.write_text(NESTED[name].format(secret=secret))
    with pytest.raises(ValueError, match="is not a video that can be read"):
        probe(path)
    with pytest.raises(ValueError, match="is not a video that can be read"):
        list(read_frames(path))


@pytest.mark.parametrize(
    "prefix", ["concat:", "subfile,,start,0,end,99,,:", "cache:", "async:", "crypto:", "data:", "pipe:"]
)
def test_a_name_is_never_taken_for_an_address(tmp_path, secret, prefix):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        probe(f"{prefix}{secret}")
    if os.name == "posix":
        file = tmp_path / f"{prefix[:4]}:odd.mp4"
        file.write_bytes(secret.read_bytes())
        assert probe(file).frames == 5


@pytest.mark.parametrize(
    "name", ["2026-11-26T12:30:00.mp4", "http:x.mp4", "file:y.mp4", "-i.mp4", "100%.mp4", "a?b#c.mp4"]
)
@pytest.mark.skipif(os.name != "posix", reason="such names do not exist there")
def test_any_name_can_be_read(tmp_path, secret, monkeypatch, name):
    (tmp_path / name).write_bytes(secret.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert probe(name).frames == 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
def test_a_pipe_or_a_folder_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path / "pipe.mp4", tmp_path):
        with pytest.raises(ValueError, match="it is not a file"):
            probe(path)


def test_only_formats_of_the_list_are_opened(tmp_path, secret):
    with (
        pytest.raises(ValueError, match="its format is not among those that are read: mp4, mov, mkv"),
        opened(secret, ("avi",)),
    ):
        pass
    assert not {"hls", "concat", "dash", "image2", "lavfi", "sdp", "rtsp", "tty"} & set(VIDEO_FORMATS)


def test_bytes_are_opened_by_what_is_in_them(secret):
    with opened_video(io.BytesIO(secret.read_bytes())) as (container, stream):
        assert (container.format.name.split(",")[0], stream.width) == ("mov", 32)


def test_a_title_that_is_no_unicode_is_no_reason_to_refuse_a_file(tmp_path):
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Caf#"
        stream = container.add_stream("libx264", rate=10)
        stream.height = stream.width = 32
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes().replace(b"Caf#", b"Caf\xe9"))
    assert probe(path).frames is None or probe(path).frames == 1


def test_a_cover_picture_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mjpeg", rate=1)
        picture.height = picture.width = 32
        picture.pix_fmt = "yuvj420p"
        picture.disposition = av.stream.Disposition.attached_pic
        sound = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(picture.encode(frame.reformat(format="yuvj420p")))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        tone.sample_rate = 8000
        container.mux(sound.encode(tone))
        container.mux(sound.encode(None))
    with pytest.raises(ValueError, match="it has no video stream"):
        probe(path)


class Stream:
    def __init__(self, disposition, codec_context=True):
        self.disposition, self.codec_context = disposition, codec_context


def test_of_several_streams_the_default_one_is_read_and_never_a_cover():
    marks = av.stream.Disposition
    cover, plain, default = Stream(marks.attached_pic), Stream(marks(0)), Stream(marks.default)

    def chosen(*streams):
        return main_stream(SimpleNamespace(streams=SimpleNamespace(video=streams)))

    assert chosen(cover, plain, default) is default
    assert chosen(cover, plain, Stream(marks(0))) is plain
    assert chosen(Stream(marks(0), codec_context=None), plain) is plain  # of a codec that FFmpeg does not know
