"""Files of a folder: which are captioned, and which of their frames are read."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from media_folder import add_picture, add_video
from odd_videos import STEP
from sora_core.captions.files import APART, ClipFilm, caption_file, film_in, is_inside, media_in, same_names
from sora_core.system.polling import never
from sora_core.video import file_frames
from sora_core.video.source_clip import SourceClip
from sora_core.video.video_io import write_video


def names(paths):
    return [path.name for path in paths]


def test_videos_and_pictures_are_found_in_order_and_hidden_and_other_files_are_not(tmp_path):
    for name in ("b.MP4", "a.png", ".hidden.mp4", "notes.txt", "model.safetensors", "c.webm"):
        (tmp_path / name).touch()
    for name in ("deep/d.mov", ".cache/e.mp4"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    (tmp_path / "linked").symlink_to(tmp_path / "deep", target_is_directory=True)
    assert names(media_in(tmp_path, recursive=False)) == ["a.png", "b.MP4", "c.webm"]
    assert names(media_in(tmp_path, recursive=True)) == ["a.png", "b.MP4", "c.webm", "d.mov"]


def test_a_caption_lies_beside_its_file_and_a_name_with_dots_keeps_them():
    assert caption_file(Path("in/clip.v2.mp4")) == Path("in/clip.v2.txt")


def test_of_files_with_one_caption_the_video_has_it():
    picture, video, other = Path("a.jpg"), Path("a.mp4"), Path("b.mp4")
    assert same_names([picture, video, other]) == {picture: video}


def test_a_link_to_another_place_is_not_inside_also_where_links_go_in_circles(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "in.mp4").touch()
    (tmp_path / "out.mp4").touch()
    (folder / "near").symlink_to(folder / "in.mp4")
    (folder / "far").symlink_to(tmp_path / "out.mp4")
    (folder / "round").symlink_to(folder / "round")
    assert [is_inside(folder / name, folder) for name in ("in.mp4", "near", "far")] == [True, True, False]
    assert not is_inside(folder / "far" / ".." / "..", folder)


def test_a_video_and_a_picture_are_films(tmp_path):
    film, fps = film_in(add_video(tmp_path / "a.mp4", shade=100), never)
    assert (film.shape, fps) == ((3, 16, 16, 3), 8.0)
    (frame,) = film.read([1])
    assert frame.dtype == torch.uint8
    assert frame.float().mean() == pytest.approx(100, abs=2)
    film, _ = film_in(add_picture(tmp_path / "b.png", shade=200), never)
    assert film.shape == (1, 16, 16, 3)


def test_of_a_long_video_only_what_is_near_the_wanted_frames_is_decoded(tmp_path, monkeypatch):
    frames = [torch.full((16, 16, 3), STEP * (index % 12), dtype=torch.uint8) for index in range(6 * APART)]
    write_video(tmp_path / "long.mp4", frames, 8.0)
    film, _ = film_in(tmp_path / "long.mp4", never)
    opened, decoded_from = [], file_frames.decoded_from
    monkeypatch.setattr(
        file_frames, "decoded_from", lambda *given, **more: opened.append(given[1]) or decoded_from(*given, **more)
    )
    wanted = [0, 5, 5 * APART]
    shades = [round(float(frame.float().mean()) / STEP) for frame in film.read(wanted)]
    assert shades == [index % 12 for index in wanted]
    assert len(opened) == 2  # once from the beginning, and once near the last one
    assert opened[0] is None
    assert opened[1] > 0


def test_reading_asks_whether_to_go_on(tmp_path):
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        film_in(add_video(tmp_path / "a.mp4"), interrupt)


def test_what_is_no_video_and_frames_that_are_not_finite_are_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"a\.mp4 is not a video that can be read"):
        film_in(tmp_path / "a.mp4", never)
    with pytest.raises(ValueError, match="not finite"):
        [*ClipFilm(SourceClip(torch.full((1, 4, 4, 3), math.nan), 8.0)).read([0])]
