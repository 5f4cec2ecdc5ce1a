"""Core nodes where there is no ComfyUI: files in, files out, and one line for what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from headless.pack import import_from_pack
from sora_core.video.video_io import read_frames


def frames_of(path: Path) -> torch.Tensor:
    return torch.stack(list(read_frames(path)))


@pytest.mark.slow
def test_core_nodes_load_and_save_images_and_videos(runner, workflow, tmp_path):
    report, _ = runner(workflow)
    video = report.files[0]
    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": str(video)}},
        "2": {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "frames/frame"}},
        "4": {"class_type": "CreateVideo", "inputs": {"images": ["2", 0], "fps": ["2", 2]}},
        "5": {"class_type": "SaveVideo", "inputs": {"video": ["4", 0], "filename_prefix": "again", "format": "mp4"}},
        "6": {"class_type": "LoadImage", "inputs": {"image": "out/frames/frame_00001_.png"}},
        "7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "copy"}},
    }
    (tmp_path / "out" / "frames").mkdir(parents=True)
    first = {key: graph[key] for key in "12345"}
    report, _ = runner(first)
    assert len(report.files) == 18
    assert (frames_of(report.files[-1]).int() - frames_of(video).int()).abs().float().mean() < 10  # noise at crf 18
    report, _ = runner({key: graph[key] for key in "67"})
    assert report.files[0].read_bytes() == (tmp_path / "out" / "frames" / "frame_00001_.png").read_bytes()


@pytest.mark.parametrize("length", [8, 40])
def test_a_broken_file_to_load_is_one_line_and_is_not_copied(command, tmp_path, capsys, length):
    for name in ("bad.png", "bad.mp4"):
        (tmp_path / name).write_bytes(b"\x00\x00\x00 ftypisom" * length)
    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "bad.mp4"}},
        "2": {"class_type": "SaveVideo", "inputs": {"video": ["1", 0], "filename_prefix": "x", "format": "auto"}},
    }
    assert command(graph, "--input", str(tmp_path)) == 2
    assert "bad.mp4 is not a video that can be read" in capsys.readouterr().err
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "bad.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    assert command(graph, "--input", str(tmp_path)) == 2
    assert (
        "bad.png is not a picture that can be read: its format is not among those that are read"
        in capsys.readouterr().err
    )
    assert list((tmp_path / "out").iterdir()) == []


def test_a_picture_too_large_to_be_meant_is_one_line(command, tmp_path, capsys):
    Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "bomb.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    assert command(graph, "--input", str(tmp_path)) == 2
    assert (
        "bomb.png is not a picture that can be read: its frames have 9000x9000 pixels, and at most"
        in capsys.readouterr().err
    )


@pytest.fixture
def core(tmp_path):
    """Core nodes by id, which read from and write to tmp_path."""
    folders = import_from_pack("headless.folders").Folders
    folders.install(folders(tmp_path, tmp_path))
    return {node.GET_SCHEMA().node_id: node for node in import_from_pack("headless.core_nodes").CORE_NODES}


@pytest.mark.parametrize(
    ("index", "length", "taken"),
    [(0, 1, [0]), (1, 2, [1, 2]), (-1, 1, [3]), (-3, 2, [1, 2]), (2, 9, [2, 3]), (9, 1, [3]), (-9, 1, [0])],
)
def test_images_of_a_batch_are_counted_from_either_end_and_the_nearest_is_taken(core, index, length, taken):
    batch = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 2, 2, 3)
    (images,) = core["ImageFromBatch"].execute(image=batch, batch_index=index, length=length).args
    assert images[:, 0, 0, 0].tolist() == taken


def test_what_is_open_of_an_image_is_what_its_alpha_channel_leaves_out(core, tmp_path):
    Image.new("RGBA", (3, 2), (255, 0, 51, 51)).save(tmp_path / "open.png")
    Image.new("RGB", (3, 2), (255, 0, 51)).save(tmp_path / "plain.png")
    colours, mask = core["LoadImage"].execute(image="open.png").args
    torch.testing.assert_close(colours, torch.tensor([1.0, 0.0, 0.2]).expand(1, 2, 3, 3))
    torch.testing.assert_close(mask, torch.full((1, 2, 3), 0.8))
    _, none = core["LoadImage"].execute(image="plain.png").args
    assert torch.equal(none, torch.zeros(1, 64, 64))  # as the host's


def test_images_are_saved_one_by_one_and_their_places_are_told_as_the_host_tells_them(core, tmp_path):
    images = torch.tensor([0.0, 0.2, 1.4])[:, None, None, None].expand(3, 2, 2, 3)
    saved = core["SaveImage"].execute(images=images, filename_prefix="a/b").ui["images"]
    assert saved == [{"filename": f"b_0000{number}_.png", "subfolder": "a", "type": "output"} for number in (1, 2, 3)]
    tones = []
    for entry in saved:
        with Image.open(tmp_path / "a" / entry["filename"]) as picture:
            tones.append(picture.getpixel((0, 0)))
    assert tones == [(0, 0, 0), (51, 51, 51), (255, 255, 255)]


def test_ten_bits_are_left_to_comfyui(core):
    with pytest.raises(ValueError, match="got 10 bits, expected 8: the rest needs ComfyUI"):
        core["CreateVideo"].execute(images=torch.zeros(1, 8, 8, 3), fps=8.0, bit_depth=10)


def test_sound_goes_into_a_file_and_comes_back(core, tmp_path):
    audio = {"waveform": torch.full((1, 2, 16000), 0.25), "sample_rate": 16000}
    (video,) = core["CreateVideo"].execute(images=torch.zeros(8, 32, 32, 3), fps=8.0, audio=audio).args
    video.save_to(tmp_path / "clip.mp4")
    again = import_from_pack("headless.video").VideoFromFile(tmp_path / "clip.mp4")
    heard = core["GetVideoComponents"].execute(video=again).args[1]
    assert heard["sample_rate"] == 16000
    assert heard["waveform"].shape[1] == 2
    assert heard["waveform"][..., 2000:14000].mean() == pytest.approx(0.25, abs=0.05)


def test_any_value_is_shown_as_text_and_passed_on(core, monkeypatch):
    told = []

    class Host:
        def notify(self, node_id, text):
            told.append(text)

    monkeypatch.setattr(import_from_pack("nodes.host.protocol"), "_installed", [Host()])
    assert core["PreviewAny"].execute(source="a red ball").args == ("a red ball",)
    assert core["PreviewAny"].execute(source=7).args == ("7",)
    assert told == ["a red ball", "7"]


def test_words_of_a_text_are_replaced(core):
    given = {"string": "a red ball on red", "find": "red", "replace": "blue"}
    assert core["StringReplace"].execute(**given).args == ("a blue ball on blue",)
