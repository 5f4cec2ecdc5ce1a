"""Films of two or three clips: every length and rate joins, each frame is the one of its time, and nothing is lost."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from sora_core.canvas.shapes import Compression
from sora_core.video.film_joining import JoinedFilm, Take
from sora_core.video.joining import join
from sora_core.video.sound import Sound
from sora_core.video.source_clip import SourceClip
from sora_core.video.timeline import HALF, Timeline, exact_rate

RATES = [1, 5, 8, 12, 24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60, 120000 / 1001, 144, 240]
MODEL = Fraction(8)
GRID = Compression().time_grid


def blank(frames: int, fps: float = 8.0) -> Take:
    return Take(SourceClip(torch.zeros(1, 1, 1, 3).expand(frames, 1, 1, 3), fps))


def scene(frames: int, *, seed: int = 0, fps: float = 8.0) -> Take:
    low = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
    picture = torch.nn.functional.interpolate(low, (24, 24), mode="bilinear")[0].permute(1, 2, 0)
    return Take(SourceClip(0.2 + 0.5 * torch.stack([picture.roll(frame, 1) for frame in range(frames)]), fps))


def of(film: JoinedFilm) -> torch.Tensor:
    return torch.stack(list(film.frames()))


@pytest.mark.parametrize("keep_second", [False, True])
def test_clips_of_one_rate_are_joined_as_tensors_are(keep_second):
    one, two = scene(12), scene(10, seed=1)
    film = JoinedFilm.of(one, two, 4, keep_second=keep_second)
    assert torch.equal(of(film), join(one.clip.frames, two.clip.frames, 4, keep_second=keep_second))


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("backward", [False, True])
def test_every_length_and_rate_joins_with_what_was_made_of_it(fps, backward):
    """A canvas of 8 fps with the end or the beginning of the source, and 8 frames more: each at its moment."""
    rate = exact_rate(fps)
    for frames in (*range(1, 60), 61, 62, 94, 127, 128, 199, 200, 399, 400):
        source = Timeline(frames, rate)
        placed = source.at(MODEL, same_end=not backward)
        overlap = GRID.at_most(placed.frames)
        made = blank(overlap + 8)
        kept = blank(frames, fps)
        film = JoinedFilm.of(*((made, kept) if backward else (kept, made)), overlap, keep_second=backward)
        layer = film.layers[0 if backward else 1]
        moment = overlap / MODEL if backward else source.end - overlap / MODEL
        assert (layer.time.end if backward else layer.time.begin) == moment
        assert film.layers[film.kept].span == range(frames)
        new = [frame for frame in film.span if frame not in range(frames)]
        assert abs(len(new) / rate - 1) <= HALF / rate
        for frame in {*new[:2], *new[-2:]}:
            shown, middle = layer.time.shown_at(source.middle(frame)), source.middle(frame)
            assert abs(layer.time.middle(shown) - middle) <= HALF / MODEL


@pytest.mark.parametrize("keep_second", [False, True])
def test_a_film_of_three_seconds_a_frame_shows_the_second_that_was_added(keep_second):
    film, made = blank(4, 1 / 3), scene(16)
    pair = (made, film) if keep_second else (film, made)
    frames = list(JoinedFilm.of(*pair, 8, keep_second=keep_second).frames())
    assert len(frames) == 5
    assert frames[0 if keep_second else -1].max() > 0


def test_a_source_of_62_frames_at_24_fps_is_extended_at_8():
    film = JoinedFilm.of(blank(62, 24.0), blank(21 + 8), 21)
    assert (film.span, film.rate, film.layers[1].time.begin) == (range(86), 24, Fraction(-1, 24))


@pytest.mark.parametrize(("frames", "overlap"), [(5, 7), (30, 9)])
def test_an_overlap_that_a_clip_does_not_have_is_refused(frames, overlap):
    with pytest.raises(ValueError, match=f"got an overlap of {overlap} frames at 8 fps, expected it within both clips"):
        JoinedFilm.of(blank(frames, 8.0), blank(8), overlap)


def test_a_transition_stands_between_clips_that_keep_their_pixels():
    one, two = scene(12), scene(14, seed=1)
    middle = Take(SourceClip(torch.cat([one.clip.frames[8:], torch.full((6, 24, 24, 3), 0.5), two.clip.frames[:5]]), 8))
    film = JoinedFilm.of(one, middle, 4).then(two, 5)
    made = of(film)
    assert len(made) == 12 + 6 + 14
    assert torch.equal(made[:8], one.clip.frames[:8])
    assert torch.equal(made[18 + 5 :], two.clip.frames[5:])
    assert (made[18:23] - two.clip.frames[:5]).abs().mean() < 0.05


def test_a_last_clip_that_would_begin_inside_the_first_is_refused():
    film = JoinedFilm.of(scene(12), scene(8), 4)
    with pytest.raises(ValueError, match="begins before the first ends"):
        film.then(scene(9), 5)
    with pytest.raises(ValueError, match="expected that the first is kept"):
        JoinedFilm.of(scene(12), scene(8), 4, keep_second=True).then(scene(9), 2)


def test_a_loop_goes_from_the_end_of_a_film_to_its_beginning_once():
    one = scene(20)
    middle = Take(
        SourceClip(torch.cat([one.clip.frames[16:], torch.full((6, 24, 24, 3), 0.5), one.clip.frames[:5]]), 8)
    )
    film = JoinedFilm.of(one, middle, 4).closed(5)
    made = of(film)
    assert len(made) == 20 + 6
    assert torch.equal(made[:11], one.clip.frames[5:16])
    assert (made[-5:] - one.clip.frames[:5]).abs().mean() < 0.05


@pytest.mark.parametrize("keep_second", [False, True])
def test_of_a_long_overlap_only_half_a_second_is_faded(keep_second):
    one, two = scene(20), scene(24, seed=1)
    made = of(JoinedFilm.of(one, two, 16, keep_second=keep_second))
    assert len(made) == 28
    kept, shown = (two.clip.frames, made[4:]) if keep_second else (one.clip.frames, made[:20])
    same = (shown == kept).flatten(1).all(dim=1).tolist()
    assert same == ([False] * 4 + [True] * 20 if keep_second else [True] * 16 + [False] * 4)


def test_what_was_made_of_a_picture_has_its_form_again():
    """A canvas of 80x48 of a film of 720x404: the grid has stretched it, and no edge may be cropped."""
    film = Take(SourceClip(torch.linspace(0, 1, 720).view(1, 1, -1, 1).expand(8, 404, 720, 3), 8.0))
    canvas = torch.linspace(0, 1, 80).view(1, 1, -1, 1).expand(12, 48, 80, 3)
    last = of(JoinedFilm.of(film, Take(SourceClip(canvas, 8.0)), 4))[-1]
    assert (last - film.clip.frames[0]).abs().max() < 0.02
    cropped = of(JoinedFilm.of(film, Take(SourceClip(canvas, 8.0)), 0))[-1]
    assert cropped[0, 0, 0] < 0.02  # it is cut above and below where nothing is shared
    wide = of(JoinedFilm.of(film, Take(SourceClip(canvas[:, :24], 8.0)), 4))[-1]
    assert wide[0, 0, 0] > 0.1  # of another form its middle is shown


def tone(value: float, seconds: float) -> Sound:
    return Sound(torch.full((1, 1, round(1000 * seconds)), value), 1000)


def test_sound_stays_in_step_with_its_frames():
    film = JoinedFilm.of(Take(blank(62, 24.0).clip, tone(1.0, 62 / 24)), Take(blank(29).clip, None), 21)
    assert film.sound().seconds == pytest.approx(62 / 24, abs=1e-3)
    film = JoinedFilm.of(Take(blank(62, 24.0).clip, None), Take(blank(29).clip, tone(2.0, 29 / 8)), 21)
    assert film.sound().seconds == pytest.approx(29 / 8 - 1 / 24, abs=1e-3)
    backward = JoinedFilm.of(
        Take(blank(28).clip, None), Take(blank(62, 24.0).clip, tone(3.0, 62 / 24)), 20, keep_second=True
    )
    heard = backward.sound().waveform.flatten()
    assert (heard[:1000] == 0).all()
    assert (heard[1001:] == 3).all()
    assert len(heard) / 1000 == pytest.approx(float(len(backward.span) / backward.rate), abs=2e-3)
    assert JoinedFilm.of(blank(8), blank(8), 0).sound() is None


def test_the_sound_of_a_loop_lasts_as_long_as_its_frames():
    source = Take(blank(20).clip, Sound(torch.arange(2500).view(1, 1, -1) / 2500, 1000))
    film = JoinedFilm.of(source, Take(blank(15).clip, None), 4).closed(5)
    sound = film.sound()
    assert sound.seconds == pytest.approx(len(film.span) / 8)
    assert sound.waveform[0, 0, 0] == pytest.approx(0.25)  # it begins where the fade ends, 5 frames on
    assert sound.waveform[0, 0, -2].item() == pytest.approx(0.25, abs=1e-2)


def test_frames_are_read_when_they_are_shown(monkeypatch):
    read, stream = [], SourceClip.stream

    def watched(clip, shown):
        for frame in stream(clip, shown):
            read.append(clip)
            yield frame

    monkeypatch.setattr(SourceClip, "stream", watched)
    frames = JoinedFilm.of(scene(40), scene(40, seed=1), 4).frames()
    next(frames)
    assert len(read) == 1 + 2 * 4  # and once what is shared, for its colours


def pitched(frames: int, pitch: float) -> Sound:
    return Sound(torch.sin(torch.arange(frames * 1000) * pitch).view(1, 1, -1), 8000)


def test_a_clip_is_put_back_between_what_goes_on_from_both_its_ends():
    whole = scene(60)
    kept = Take(whole.clip.part(10, 50), pitched(40, 0.1))
    around = torch.cat([whole.clip.frames[:16], whole.clip.frames[44:]])  # 10 new, 6 of each end, 10 new
    made = Take(SourceClip(around, 8.0), pitched(32, 0.3))
    film = JoinedFilm.within(kept, made, 10, (6, 6))
    frames = of(film)
    assert frames.shape == whole.clip.frames.shape
    assert (frames - whole.clip.frames).abs().max() < 0.02  # colours are matched over the overlaps
    assert torch.equal(frames[16:44], whole.clip.frames[16:44])
    sound = film.sound()
    assert sound is not None
    assert sound.samples == 60_000
    inside, begin, end = kept.sound, made.sound, made.sound
    assert inside is not None
    assert begin is not None
    assert torch.equal(sound.waveform[..., 11_000:49_000], inside.waveform[..., 1000:39_000])
    assert torch.equal(sound.waveform[..., :9000], begin.waveform[..., :9000])
    assert torch.equal(sound.waveform[..., 51_000:], end.waveform[..., -9000:])


def test_a_slow_film_between_new_frames_shows_them_on_both_sides():
    film = JoinedFilm.within(blank(4, 1 / 3), scene(20), 4, (6, 6))
    frames = list(film.frames())
    assert len(frames) == 6
    assert frames[0].max() > 0
    assert frames[-1].max() > 0


@pytest.mark.parametrize(("before", "overlaps"), [(0, (4, 4)), (8, (4, 28)), (8, (-1, 4)), (30, (4, 4))])
def test_frames_that_do_not_lie_around_a_clip_are_refused(before, overlaps):
    with pytest.raises(
        ValueError, match=r"frames before the first and overlaps of .* expected frames before and after"
    ):
        JoinedFilm.within(blank(40), blank(32), before, overlaps)
