"""Clips on the grid of a VAE of 4x8x8: how many frames are used, where they lie, and what is said of it."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from headless.pack import import_from_pack

clip_encoder = import_from_pack("nodes.canvas.clip_encoder")
footage = import_from_pack("nodes.canvas.footage")
SourceClip = import_from_pack("sora_core.video.source_clip").SourceClip
spread = import_from_pack("sora_core.video.region").spread
WAN = import_from_pack("sora_core.canvas.shapes").Compression()


@pytest.fixture
def place():
    """32x48 at 8 fps."""
    return clip_encoder.ClipEncoder(None, 8.0, 32, 48)


def clip(frames: int, height: int = 32, width: int = 48, fps: float = 8.0):
    """Frame n is of the value n / 100."""
    values = torch.arange(frames)[:, None, None, None].expand(frames, height, width, 3) / 100
    return SourceClip(values, fps)


def numbers(pixels: torch.Tensor) -> list[int]:
    """Which frames of `clip` these are."""
    return [round(100 * value) for value in pixels[0, 0, :, 0, 0].tolist()]


def test_the_size_of_a_clip_keeps_its_aspect_ratio_and_its_area_is_that_of_the_square():
    place = clip_encoder.ClipEncoder.for_clip(clip(1, 90, 160), None, 64, 8.0)
    assert (place.height, place.width) == (48, 80)


def test_a_clip_that_is_put_back_loses_no_edge_to_the_grid():
    """At 80x48 a picture of 160x90 is cropped, or all of it is there; another clip shows what fits into its form."""
    columns = torch.linspace(0, 1, 160).view(1, 1, 160, 1).expand(1, 90, 160, 3)
    source = SourceClip(columns, 8.0)
    whole = clip_encoder.ClipEncoder.for_whole(source, None, 64, 8.0)
    assert (whole.height, whole.width) == (48, 80)
    assert whole.pixels(source)[0, 0, 0, 0, 0] < 0.01
    assert clip_encoder.ClipEncoder.for_clip(source, None, 64, 8.0).pixels(source)[0, 0, 0, 0, 0] > 0.02
    other = SourceClip(torch.linspace(0, 1, 320).view(1, 1, 320, 1).expand(1, 90, 320, 3), 8.0)
    assert whole.pixels(other)[0, 0, 0, 0, [0, -1]].tolist() == pytest.approx([0.25, 0.75], abs=0.01)


@pytest.mark.parametrize(("frames", "whole"), [(1, [0]), (2, [0, 1, 1, 1, 1]), (5, [0, 1, 2, 3, 4])])
def test_a_whole_clip_ends_with_its_last_frame_repeated(place, frames, whole):
    assert place.padded(clip(frames)).tolist() == whole


def test_pixels_are_those_that_are_shown_at_the_rate_of_the_place(place):
    pixels = place.pixels(clip(6, 64, 96, fps=16.0))
    assert pixels.shape == (1, 3, 3, 32, 48)
    assert numbers(pixels) == [1, 3, 5]


@pytest.mark.parametrize(("seconds", "frames"), [(0.0, 0), (0.1, 4), (0.5, 4), (1.0, 8), (2.0, 16)])
def test_what_is_added_is_whole_latent_frames_and_at_least_one_of_them(place, seconds, frames):
    assert place.added_frames(seconds) == frames


@pytest.mark.parametrize(
    ("length", "before", "after", "first", "frames"),
    [(17, 0, 8, 0, 25), (16, 8, 0, 9, 25), (18, 8, 0, 9, 25), (3, 8, 0, 9, 13), (17, 8, 8, 9, 37)],
)
def test_a_clip_on_a_canvas_begins_with_a_latent_frame_and_the_canvas_ends_with_one(
    place, length, before, after, first, frames
):
    assert place.layout(length, before, after) == (first, frames)


def test_of_a_clip_to_go_on_from_the_end_is_taken(place):
    stretch = place.end_of(clip(7), 99)
    assert (numbers(stretch.pixels), stretch.begin) == ([2, 3, 4, 5, 6], Fraction(1, 4))
    assert numbers(place.end_of(clip(1), 99).pixels) == [0]
    assert numbers(place.end_of(clip(17), 6).pixels) == [12, 13, 14, 15, 16]


def test_what_goes_on_ends_with_its_clip_and_what_comes_before_begins_with_it(place):
    """62 frames at 24 fps are 20.67 at 8 fps: 21 that end with the clip begin a 24th of a second before it."""
    end, start = place.end_of(clip(62, fps=24.0), 99), place.start_of(clip(62, fps=24.0), 99)
    assert (numbers(end.pixels)[-2:], end.length, end.begin) == ([57, 60], 21, Fraction(-1, 24))
    assert (numbers(start.pixels)[:2], start.length, start.begin) == ([1, 4], 21, 0)
    assert numbers(place.start_of(clip(62, fps=24.0), 3).pixels) == [1, 4, 7]


def test_what_is_used_as_it_is_needs_no_word_and_else_it_is_told_what_it_became(place):
    assert place.describe("source", clip(5), 5) == []
    assert place.describe("image", clip(1, 64, 64), 1) == ["image: 64x64 used as 48x32"]
    varied = SourceClip(clip(5).frames, 12.5, True)
    assert place.describe("first", varied, 3) == [
        "first: variable frame rate, read at 12.5 fps",
        "first: 5 frames at 12.5 fps used as 3 at 8",
    ]
    large = SourceClip(torch.zeros(1, 1, 1, 3).expand(200_000, 16384, 16384, 3), 23.976023976, True)
    assert max(map(len, place.describe("second", large, 66_000))) < 60


def test_each_latent_frame_is_regenerated_where_a_mask_of_its_frames_says_so(nodes, place):
    """Nine masks of one pixel column each for 17 frames at the rate of 8: two frames see each mask, in order."""
    region = torch.zeros(9, 32, 48)
    for mask in range(9):
        region[mask, :, 4 * mask] = 1
    levels = place.noise_levels(region, clip(17), place.padded(clip(17)))
    assert levels.shape == (1, 1, 5, 4, 6)
    masks = spread(9, 17)
    for latent in range(5):
        used = masks[WAN.time_grid.span(latent).start : WAN.time_grid.span(latent).stop]
        assert torch.equal(levels[0, 0, latent, 0], region[used, 0].amax(dim=0).view(6, 8).amax(dim=1))


@pytest.mark.parametrize(("most", "values", "held_at_once"), [(3, 10**9, 3), (16, 2 * 48 * 64 * 3, 2), (16, 1, 1)])
def test_frames_of_a_file_are_encoded_in_chunks_to_what_they_are_at_once(
    nodes, vae, tmp_path, monkeypatch, most, values, held_at_once
):
    files, frames = import_from_pack("sora_core.video.video_io"), import_from_pack("sora_core.video.file_frames")
    monkeypatch.setattr(clip_encoder, "CHUNK", most)
    monkeypatch.setattr(clip_encoder, "CHUNK_VALUES", values)
    files.write_video(tmp_path / "clip.mp4", (255 * torch.rand(17, 48, 64, 3)).byte(), 8.0)
    source = SourceClip(frames.FileFrames(tmp_path / "clip.mp4"), 8.0)
    held, place = SourceClip(source.frames[:], 8.0), clip_encoder.ClipEncoder(vae, 8.0, 32, 48)
    for border in (None, import_from_pack("sora_core.canvas.abilities").Border(left=2)):
        streamed, whole = (place.encode_shown(one, place.padded(one), border) for one in (source, held))
        assert torch.equal(streamed, whole)
    parts = list(place._parts(footage.Footage(source, place.padded(source))))
    assert max(part.shape[2] for part in parts) == held_at_once


@pytest.mark.parametrize("frames", [1, 5])
def test_latents_that_are_not_finite_are_refused(vae, frames):
    place = clip_encoder.ClipEncoder(vae, 8.0, 32, 48)
    pixels = torch.zeros(1, 3, frames, 32, 48)
    pixels[..., 0, 0] = float("nan")
    with pytest.raises(FloatingPointError, match="the VAE gave values that are not finite"):
        place.encode(pixels)
