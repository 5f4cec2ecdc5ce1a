"""Films in which keyframes stand as they were, to the bit, at their moments, sizes and rates."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from made_films import film, numbered
from sora_core.video.film_joining import Take
from sora_core.video.keyframed_film import KeyframedFilm, timed
from sora_core.video.sound import Sound
from sora_core.video.source_clip import SourceClip


@pytest.mark.parametrize("fps", [8.0, 24.0, 25.0, 30000 / 1001, 60.0])
def test_every_frame_of_a_clip_stands_once_at_its_moment(fps):
    own = film(round(fps), fps)  # about a second
    whole = KeyframedFilm(numbered(33, 8.0), [timed(own, 8.0, 9, 17, 0)], own.timeline.rate, match_colours=False)
    frames = torch.stack([*whole.frames()])
    begin = next(n for n, frame in enumerate(frames) if torch.equal(frame, own.frames[0]))
    assert abs(begin / float(own.timeline.rate) - 9 / 8) <= 0.5 / fps + 1e-6
    assert torch.equal(frames[begin : begin + round(fps)], own.frames)
    assert frames.shape == (round(33 / 8 * float(own.timeline.rate)), 24, 40, 3)
    others = [n for n in range(len(frames)) if not begin <= n < begin + round(fps)]
    for n in others:
        moment = (n + Fraction(1, 2)) / own.timeline.rate
        assert torch.allclose(frames[n], torch.tensor(min(32, int(moment * 8)) / 100), atol=1e-6)


def test_several_keep_their_moments_and_what_is_skipped_or_held_is():
    picture, cut, held = film(1, 8.0), film(10, 8.0), film(2, 8.0)
    placed = [timed(picture, 8.0, 0, 1, 0), timed(cut, 8.0, 5, 13, 2), timed(held, 8.0, 17, 21, -2)]
    frames = torch.stack([*KeyframedFilm(numbered(25, 8.0), placed, Fraction(8), match_colours=False).frames()])
    assert torch.equal(frames[0], picture.frames[0])
    assert torch.equal(frames[5:13], cut.frames[2:])
    assert torch.equal(frames[17:21], held.frames[[0, 0, 0, 1]])
    made = [1, 2, 3, 4, 13, 14, 15, 16, 21, 22, 23, 24]
    assert torch.allclose(frames[made][:, 0, 0, 0], torch.tensor(made) / 100, atol=1e-6)


@pytest.mark.parametrize(
    ("own", "made", "expected"),
    [
        ((404, 720), (48, 80), (404, 720)),  # stretched to the grid, and back
        ((720, 1280), (64, 64), (720, 720)),  # the canvas shows its middle alone
        ((400, 240), (48, 80), (144, 240)),
        ((24, 24), (64, 64), (64, 64)),  # smaller than what was made
    ],
)
def test_the_size_is_the_keyframes_in_the_form_of_the_made_video(own, made, expected):
    clips = film(1, 8.0, *own), film(5, 8.0, *made)
    whole = KeyframedFilm(Take(clips[1]), [timed(clips[0], 8.0, 0, 1, 0)], Fraction(8))
    frames = [*whole.frames()]
    assert {(tuple(whole.size), *(tuple(frame.shape) for frame in frames))} == {((*expected, 3),) * 6}
    top, left = (own[0] - expected[0]) // 2, (own[1] - expected[1]) // 2
    if top >= 0 and left >= 0:
        middle = clips[0].frames[0, top : top + expected[0], left : left + expected[1]]
        assert torch.equal(frames[0], middle)


def test_clips_among_the_keyframes_set_the_size_before_pictures_and_the_made_video():
    small, large, picture = film(4, 8.0, 20, 30), film(5, 8.0, 40, 60), film(1, 8.0, 200, 300)
    placed = [timed(picture, 8.0, 0, 1, 0), timed(small, 8.0, 5, 9, 0), timed(large, 8.0, 12, 17, 0)]
    made = Take(film(25, 8.0, 96, 144))
    assert [tuple(KeyframedFilm(made, part, Fraction(8)).size) for part in (placed, placed[:2], placed[:1])] == [
        (40, 60, 3),
        (20, 30, 3),
        (200, 300, 3),
    ]
    frames = [*KeyframedFilm(made, placed[:2], Fraction(8)).frames()]
    assert torch.equal(torch.stack(frames[5:9]), small.frames)


@pytest.mark.parametrize(("form", "expected"), [(None, (40, 40)), (150 / 40, (40, 150)), (2.0, (40, 80))])
def test_a_canvas_that_shows_another_form_than_its_own_says_so(form, expected):
    own, made = film(4, 8.0, 40, 150), film(9, 8.0, 48, 48)
    whole = KeyframedFilm(Take(made), [timed(own, 8.0, 0, 4, 0, form=form)], Fraction(8))
    left = (150 - expected[1]) // 2
    assert tuple(whole.size) == (*expected, 3)
    assert torch.equal(torch.stack([*whole.frames()][:4]), own.frames[:, :, left : left + expected[1]])


def test_the_last_frame_that_a_canvas_shows_of_a_clip_is_held():
    own = film(24, 24.0)
    shown = timed(own, 8.0, 4, 9, 1, until=4)
    frames = [*KeyframedFilm(numbered(17, 8.0), [shown], Fraction(24), match_colours=False).frames()]
    assert torch.equal(torch.stack(frames[12:21]), own.frames[3:12])
    assert torch.equal(torch.stack(frames[21:27]), own.frames[11:12].expand(6, -1, -1, -1))


def test_a_clip_whose_frames_lie_across_those_of_the_canvas_is_not_held_before_its_end():
    own = film(50, 25.0)
    shown = timed(own, 8.0, 5, 13, 1, until=9)  # as Sora Timeline places it from 0.5 to 1.625 s
    frames = [*KeyframedFilm(numbered(25, 8.0), [shown], Fraction(25), match_colours=False).frames()]
    assert torch.equal(torch.stack(frames[16:41]), own.frames[4:29])


def test_made_frames_go_from_the_colours_of_one_keyframe_to_those_of_the_next():
    scene = film(21, 8.0).frames * 0.6 + 0.1
    first, last = (SourceClip((scene[at] * gain)[None], 8.0) for at, gain in ((0, 1.0), (20, 1.4)))
    dark = Take(SourceClip(scene * 0.8, 8.0))
    placed = [timed(first, 8.0, 0, 1, 0), timed(last, 8.0, 20, 21, 0)]
    frames = torch.stack([*KeyframedFilm(dark, placed, Fraction(8)).frames()])
    gains = [float((frames[n] / scene[n]).mean()) for n in range(21)]
    assert gains[0] == pytest.approx(1.0, abs=1e-3)
    assert gains[20] == pytest.approx(1.4, abs=1e-3)
    assert gains[1] == pytest.approx(1.02, abs=0.05)
    assert gains[19] == pytest.approx(1.38, abs=0.05)
    assert gains == sorted(gains)
    plain = torch.stack([*KeyframedFilm(dark, placed, Fraction(8), match_colours=False).frames()])
    assert torch.equal(plain[1:20], dark.clip.frames[1:20])


def test_the_sound_is_the_made_videos_as_long_as_the_frames():
    sound = Sound(torch.ones(1, 1, 16000), 8000)
    take = Take(numbered(17, 8.0).clip, sound)
    heard = KeyframedFilm(take, [timed(film(1, 8.0), 8.0, 0, 1, 0)], Fraction(24)).sound()
    assert heard is not None
    assert heard.waveform.shape[-1] == 17000
    assert torch.equal(heard.waveform[..., :16000], sound.waveform)


def test_a_made_video_that_ends_earlier_leaves_keyframes_out_and_one_that_shows_none_is_refused():
    placed = [timed(film(1, 8.0), 8.0, 0, 1, 0), timed(film(1, 8.0), 8.0, 29, 33, 0)]
    whole = KeyframedFilm(numbered(17, 8.0), placed, Fraction(8))
    assert (whole.left_out, len([*whole.frames()])) == (1, 17)
    with pytest.raises(ValueError, match=r"got a made video of 2\.125 s in which no keyframe is shown"):
        KeyframedFilm(numbered(17, 8.0), placed[1:], Fraction(8))
