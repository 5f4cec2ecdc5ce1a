"""Geometry: every display matrix, pixels that are not square, sizes that change, odd sizes."""

from fractions import Fraction

import pytest
import torch

import odd_videos
from sora_core.video.geometry import Orientation, cover, enlarged, even, fitted, square_size, squared, stretched
from sora_core.video.video_io import probe, read_float_frames, read_frames, write_video

PICTURE = torch.arange(6.0).view(2, 3, 1)  # rows 0 1 2 and 3 4 5


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [
        ((1, 0, 0, 1), lambda x: x),
        ((-1, 0, 0, 1), lambda x: x.flip(1)),
        ((1, 0, 0, -1), lambda x: x.flip(0)),
        ((-1, 0, 0, -1), lambda x: x.rot90(2)),
        ((0, 1, -1, 0), lambda x: x.rot90(-1)),
        ((0, -1, 1, 0), lambda x: x.rot90(1)),
        ((0, 1, 1, 0), lambda x: x.transpose(0, 1)),
        ((0, -1, -1, 0), lambda x: x.rot90(2).transpose(0, 1)),
    ],
)
def test_all_eight_display_matrices_are_followed(tmp_path, matrix, turned):
    red = torch.zeros(32, 64, 3, dtype=torch.uint8)
    red[:8, :16] = torch.tensor([250, 20, 20], dtype=torch.uint8)
    write_video(tmp_path / "clip.mp4", [red] * 2, 8)
    path = odd_videos.turn(tmp_path / "clip.mp4", tmp_path / "turned.mp4", matrix)
    for read in (read_frames, read_float_frames):
        expected = turned(next(read(tmp_path / "clip.mp4")))
        assert torch.equal(next(read(path)), expected)
        assert probe(path)[:2] == tuple(expected.shape[:2])


def test_an_orientation_moves_rows_and_columns_before_it_mirrors():
    assert Orientation().apply(PICTURE) is PICTURE
    assert Orientation(swap=True, left_right=True).apply(PICTURE)[..., 0].tolist() == [[3, 0], [4, 1], [5, 2]]


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        (Fraction(32, 27), (48, 85)),
        (Fraction(8, 9), (54, 72)),
        (Fraction(1), (48, 72)),
        (None, (48, 72)),
        (Fraction(0), (48, 72)),
        (Fraction(1, 5000), (48, 72)),
        (Fraction(5000), (48, 72)),
    ],
)
def test_pixels_become_square_by_growing_and_nonsense_is_ignored(aspect, size):
    assert square_size(48, 72, aspect) == size
    assert squared(torch.rand(48, 72, 3), aspect).shape == (*size, 3)


@pytest.mark.parametrize(("aspect", "size"), [((32, 27), (48, 85)), ((8, 9), (54, 72)), ((1, 1), (48, 72))])
def test_a_file_of_pixels_that_are_not_square_is_read_with_square_ones(tmp_path, aspect, size):
    path = odd_videos.write_at(tmp_path / "clip.mp4", range(0, 300, 100), size=(48, 72), aspect=Fraction(*aspect))
    assert probe(path)[:2] == size
    for read in (read_frames, read_float_frames):
        assert {frame.shape for frame in read(path)} == {(*size, 3)}
        assert odd_videos.shown(read(path)) == [0, 1, 2]


def test_another_size_is_scaled_to_cover_and_cropped_evenly():
    wide = torch.zeros(4, 16, 3)
    wide[:, 6:10] = 1  # its middle
    assert fitted(wide, 4, 4).mean() > 0.9
    assert fitted(wide, 4, 16) is wide


@pytest.mark.parametrize("shape", [(2, 3, 5, 3), (3, 5, 3), (2, 4, 6, 3)])
def test_an_odd_size_grows_by_a_copy_of_its_edge(shape):
    frames = torch.rand(shape)
    grown = even(frames)
    height, width = shape[-3:-1]
    assert grown.shape[-3:-1] == (height + height % 2, width + width % 2)
    assert torch.equal(grown[..., :height, :width, :], frames)
    assert torch.equal(grown[..., -1:, :width, :], frames[..., -1:, :, :])


def test_a_picture_of_another_form_is_cropped_to_the_one_that_is_shown_and_then_stretched():
    columns = torch.linspace(0, 1, 120).expand(1, 1, 30, 120)
    made = cover(columns, 16, 16, 2.0)  # the middle 60 columns
    assert made.shape == (1, 1, 16, 16)
    assert made[0, 0, 0, [0, -1]].tolist() == pytest.approx([0.25, 0.75], abs=0.02)
    assert torch.equal(cover(columns, 16, 16, 4.0), stretched(columns, 16, 16))
    rows = columns.transpose(2, 3)
    torch.testing.assert_close(cover(rows, 16, 16, 0.5), made.transpose(2, 3))


def test_an_enlarged_edge_is_sharper_than_a_stretched_one_and_within_the_range():
    edge = torch.zeros(1, 3, 8, 8)
    edge[..., 4:] = 1
    soft, sharp = (change(edge, 32, 32)[0, 0, 0].diff().max() for change in (stretched, enlarged))
    assert sharp > 1.15 * soft
    assert (enlarged(edge, 32, 32).min(), enlarged(edge, 32, 32).max()) == (0, 1)
    assert enlarged(edge, 8, 8) is edge
