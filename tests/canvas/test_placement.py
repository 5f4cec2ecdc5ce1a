"""Where a clip lies on a causal canvas, and which latents of it are known."""

import random

import pytest
import torch

from sora_core.canvas.abilities import keyframes
from sora_core.canvas.placement import (
    Placement,
    ending_near,
    holds,
    inside,
    nearest_start,
    region_levels,
    room_before,
    surround,
)
from sora_core.canvas.shapes import Compression, VideoShape
from sora_core.evals.reconstruction import psnr
from sora_core.pipeline import Pipeline
from sora_core.world.flat import held_out, render, sample_scenes
from tiny import tiny_vae

WAN = Compression(4, 8, 8)


@pytest.mark.parametrize(
    ("first", "length", "known"),
    [
        (0, 17, range(5)),  # all of it
        (0, 1, range(1)),  # an image
        (0, 8, range(2)),  # 5, 6, 7 are half a latent
        (5, 12, range(2, 5)),  # to the end, from the border of a latent
        (4, 13, range(2, 5)),  # the last frame of a latent alone is not enough
        (6, 8, range(3, 4)),
        (6, 5, range(0)),  # none is whole
    ],
)
def test_a_latent_is_known_where_all_its_pixels_are(first: int, length: int, known: range) -> None:
    found = Placement(first, length, 17, WAN).known
    assert list(found) == list(known)
    for latent in range(5):
        pixels = {0} if latent == 0 else set(range(4 * latent - 3, 4 * latent + 1))
        assert (latent in found) == (pixels <= set(range(first, first + length)))


def test_the_canvas_repeats_the_nearest_known_frame() -> None:
    clip = torch.arange(3.0).view(1, 1, 3, 1, 1).expand(1, 3, 3, 2, 2)
    canvas = Placement(5, 3, 9, WAN).fill(clip)
    assert canvas.shape == (1, 3, 9, 2, 2)
    assert canvas[0, 0, :, 0, 0].tolist() == [0, 0, 0, 0, 0, 0, 1, 2, 2]


def test_what_lies_between_clips_is_divided_among_them() -> None:
    assert holds([range(2), range(5, 7)], 7) == [(0, 1), (2, 0)]
    assert holds([range(2), range(2, 4)], 4) == [(0, 0), (0, 0)]
    assert holds([range(3, 4), range(6, 8), range(9, 10)], 12) == [(3, 1), (1, 0), (1, 2)]
    with pytest.raises(ValueError, match="expected them one after the other"):
        holds([range(2), range(1, 3)], 3)
    with pytest.raises(ValueError, match="expected them one after the other"):
        holds([range(2, 5)], 4)


@pytest.mark.parametrize(("wanted", "got"), [(1, 1), (2, 5), (5, 5), (6, 9)])
def test_room_before_a_clip_ends_where_a_latent_does(wanted: int, got: int) -> None:
    assert room_before(wanted, WAN) == got
    assert Placement(got, 8, got + 8, WAN).known.start * 4 - 3 == got  # no pixel of the clip is lost


@pytest.mark.parametrize(
    ("first", "length", "frames", "message"),
    [
        (-1, 3, 9, "frames -1..1"),
        (7, 3, 9, r"7..9, expected them within 0..8"),
        (0, 0, 9, "within"),
        (0, 3, 8, "1 \\+ a multiple of 4"),
    ],
)
def test_a_clip_off_the_canvas_is_refused(first: int, length: int, frames: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Placement(first, length, frames, WAN)


def test_a_clip_of_another_length_and_no_room_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \[B 3 4 H W\]"):
        Placement(0, 4, 9, WAN).fill(torch.zeros(1, 3, 5, 2, 2))
    with pytest.raises(ValueError, match="at least 1"):
        room_before(0, WAN)


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 9, 17])
def test_what_counts_as_known_does_not_depend_on_what_comes_after(first: int) -> None:
    """The known latents of a placed clip are those that any canvas with the same frames up to there has."""
    vae = tiny_vae()
    clip = torch.rand(1, 3, 8, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    placed = Placement(first, 8, 25, vae.compression)
    latents = vae.encode(placed.fill(clip))
    other = placed.fill(clip).clone()
    other[:, :, first + 8 :] = 0.3
    known = placed.known
    assert len(known) >= 1
    again = vae.encode(other)
    torch.testing.assert_close(latents[:, :, known.start : known.stop], again[:, :, known.start : known.stop])
    canvas = keyframes({known.start: latents[:, :, known.start : known.stop]}, latents.shape[2])
    assert canvas.noise_level[0, 0, :, 0, 0].tolist() == [float(t not in known) for t in range(7)]


@pytest.mark.slow
@pytest.mark.parametrize(("first", "length"), [(0, 17), (17, 16), (33, 16)], ids=["beginning", "middle", "end"])
def test_what_is_known_decodes_to_itself_as_well_as_where_nothing_was_placed(first: int, length: int) -> None:
    """With the bundled VAE, among true neighbours: extensions forward, both ways and backward end on these places."""
    video = VideoShape(49, 64, 64)
    pipe = Pipeline.load("nano")
    truth = render(sample_scenes(held_out()[:6], random.Random(0)), video, pipe.fps)
    placed = Placement(first, length, video.frames, pipe.vae.compression)
    known = placed.known
    assert len(known) == 1 + (length - 1) // 4
    with torch.no_grad():
        latents = pipe.vae.encode(truth)
        canvas = latents.clone()
        clip = pipe.vae.encode(placed.fill(truth[:, :, first : first + length]))
        canvas[:, :, known.start : known.stop] = clip[:, :, known.start : known.stop]
        decoded, own = (pipe.vae.decode(each)[:, :, first : first + length] for each in (canvas, latents))
    shown = truth[:, :, first : first + length]
    assert psnr(decoded, shown) > psnr(own, shown) - 0.3
    assert psnr(decoded, shown) > 29
    assert psnr(decoded[:, :, :1], shown[:, :, :1]) > psnr(own[:, :, :1], shown[:, :, :1]) - 1


@pytest.mark.parametrize(
    ("wanted", "frames", "start"),
    [(0, 17, 0), (0.49, 17, 0), (0.5, 17, 1), (2.9, 17, 1), (3, 17, 5), (6.9, 17, 5), (16.9, 17, 13), (0.7, 1, 0)],
)
def test_the_nearest_start_of_a_latent_frame_is_found(wanted: float, frames: int, start: int) -> None:
    assert nearest_start(wanted, frames, WAN) == start
    starts = [WAN.time_grid.span(latent).start for latent in range(WAN.latent_frames(frames))]
    assert start in starts
    assert abs(start - wanted) == min(abs(other - wanted) for other in starts)


@pytest.mark.parametrize(
    ("length", "stop", "shown", "first", "skipped"),
    [
        (1, 17.0, [0, 0, 0, 0], 13, -3),
        (3, 17.0, [0, 0, 1, 2], 13, -1),
        (4, 14.0, [0, 1, 2, 3], 9, 0),
        (6, 17.0, [2, 3, 4, 5], 13, 2),
        (8, 17.0, [0, 1, 2, 3, 4, 5, 6, 7], 9, 0),
        (1, 0.0, [0], 0, 0),
        (9, 9.0, [0, 1, 2, 3, 4, 5, 6, 7, 8], 0, 0),
    ],
)
def test_a_clip_ends_with_its_last_frame_where_a_latent_frame_ends(length, stop, shown, first, skipped):
    clip = torch.arange(length).float().view(1, 1, -1, 1, 1).expand(1, 3, -1, 2, 2)
    cut, *place = ending_near(clip, stop, 17, Compression(4, 8, 8))
    assert cut[0, 0, :, 0, 0].tolist() == shown
    assert place == [first, skipped]


def test_a_clip_that_would_begin_before_the_canvas_is_refused():
    with pytest.raises(ValueError, match="got a clip of 10 frames to end after 9 frames of the canvas"):
        ending_near(torch.zeros(1, 3, 10, 2, 2), 8.0, 17, Compression(4, 8, 8))


def test_the_edges_of_a_clip_are_repeated_over_whole_latents_around_it() -> None:
    clip = torch.rand(1, 3, 2, 16, 8, generator=torch.Generator().manual_seed(0))
    picture = surround(clip, (0, 1, 2, 0), WAN)
    assert picture.shape == (1, 3, 2, 24, 24)
    assert torch.equal(picture[..., :16, 16:], clip)
    assert torch.equal(picture[..., :16, :16], clip[..., :1].expand(-1, -1, -1, -1, 16))
    assert torch.equal(picture[..., 16:, 16:], clip[..., 15:, :].expand(-1, -1, -1, 8, -1))
    latents = torch.arange(9.0).view(1, 1, 1, 3, 3)
    assert inside(latents, (0, 1, 2, 0)).flatten().tolist() == [2, 5]


def test_a_border_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="expected sizes >= 0"):
        surround(torch.zeros(1, 3, 1, 8, 8), (0, -1, 0, 0), WAN)


def test_a_latent_of_which_one_pixel_is_open_is_open():
    region = torch.zeros(9, 16, 16)
    region[0, 0, 0] = 1
    region[5, 15, 15] = 0.5
    levels = region_levels(region, Compression())
    assert levels.shape == (1, 1, 3, 2, 2)
    assert levels.nonzero().tolist() == [[0, 0, 0, 0, 0], [0, 0, 2, 1, 1]]
    assert levels[0, 0, 2, 1, 1] == 0.5
