"""Films with a made clip put back: the source's size, rate, length and sound, and all that was not made to the bit."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from made_films import film, numbered
from sora_core.video.border import Border
from sora_core.video.film_joining import Take
from sora_core.video.joining import match_colours
from sora_core.video.paste_back import PastedFilm
from sora_core.video.region import Region
from sora_core.video.sound import Sound
from sora_core.video.source_clip import SourceClip


def tone(seconds: float, rate: int = 8000) -> Sound:
    return Sound(torch.sin(torch.arange(round(seconds * rate)) / 10).view(1, 1, -1), rate)


def right_half() -> torch.Tensor:
    mask = torch.zeros(1, 24, 40)
    mask[:, :, 20:] = 1
    return mask


@pytest.mark.parametrize("fps", [8.0, 12.0, 24.0, 25.0, 30000 / 1001, 60.0])
def test_each_frame_shows_the_made_one_of_its_time_and_the_source_outside(fps):
    source = film(50, fps)
    pasted = PastedFilm(Take(source), numbered(61, 8.0), Region(source, right_half()), match_colours=False)
    frames = torch.stack([*pasted.frames()])
    assert (frames.shape, pasted.rate) == (source.frames.shape, source.timeline.rate)
    assert torch.equal(frames[:, :, :20], source.frames[:, :, :20])
    for frame in range(50):
        expected = int((frame + Fraction(1, 2)) / source.timeline.rate * 8) / 100
        assert torch.allclose(frames[frame, :, 20:], torch.tensor(expected), atol=1e-6)


def test_a_made_part_begins_at_its_time_and_before_and_after_it_the_source_is_untouched():
    source = film(60, 24.0)
    pasted = PastedFilm(Take(source), numbered(8, 8.0), Region.everywhere(source), Fraction(1), match_colours=False)
    frames = torch.stack([*pasted.frames()])
    same = (frames == source.frames).flatten(1).all(dim=1)
    assert same.tolist() == [True] * 24 + [False] * 27 + [True] * 9  # the last made one is held for one more
    assert pasted.left_over == Fraction(-1, 2)
    assert torch.allclose(frames[24:51:3, 0, 0, 0], torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, 7]) / 100, atol=1e-6)


def test_colours_are_the_sources_by_what_both_show():
    source = film(24, 24.0)
    shifted = source.frames * 0.8 + 0.1
    made = Take(SourceClip(shifted, 24.0))
    frames = torch.stack([*PastedFilm(Take(source), made, Region(source, right_half())).frames()])
    off = (frames - source.frames)[:, :, 20:].abs().mean()
    assert off < 0.25 * (shifted - source.frames)[:, :, 20:].abs().mean()
    wanted = match_colours(shifted, shifted[:, :, :20], source.frames[:, :, :20])
    assert (frames - wanted)[:, :, 20:].abs().max() < 1e-4


def test_where_nothing_is_known_the_made_colours_stay():
    source = film(24, 24.0)
    pasted = PastedFilm(Take(source), numbered(9, 8.0), Region.everywhere(source))
    assert torch.allclose(next(pasted.frames()), torch.zeros(24, 40, 3))


def test_the_sound_is_the_sources_or_else_the_made_clips_at_its_time():
    source, made = film(48, 24.0), numbered(8, 8.0)
    whole = Region.everywhere(source)
    kept = PastedFilm(Take(source, tone(2.0)), Take(made.clip, tone(1.0, 16000)), whole).sound()
    assert kept is not None
    assert torch.equal(kept.waveform, tone(2.0).waveform)
    other = PastedFilm(Take(source), Take(made.clip, tone(1.0)), whole, Fraction(1, 2)).sound()
    assert other is not None
    assert torch.equal(other.waveform[..., 4000:12000], tone(1.0).waveform)
    assert (other.seconds, float(other.waveform[..., :4000].abs().sum())) == (2.0, 0.0)
    assert PastedFilm(Take(source), made, whole).sound() is None


def test_a_border_is_held_where_the_made_clip_has_ended():
    source = film(48, 24.0, 24, 24)
    mask = torch.ones(1, 12, 20)
    mask[:, :, 4:16] = 0
    pasted = PastedFilm(Take(source), numbered(8, 8.0), Border.of(source, (12, 20), mask), match_colours=False)
    frames = torch.stack([*pasted.frames()])
    assert frames.shape == (48, 24, 40, 3)
    assert torch.equal(frames[:, :, 8:32], source.frames)
    assert torch.allclose(frames[24:, :, :8], torch.tensor(0.07))


def test_a_made_clip_that_is_shown_in_no_frame_is_refused():
    source, masks = film(48, 24.0), torch.zeros(2, 24, 40)
    masks[1] = 1
    with pytest.raises(ValueError, match="got a made video that begins at 2 s, expected a time before the source ends"):
        PastedFilm(Take(source), numbered(8, 8.0), Region.everywhere(source), Fraction(2))
    with pytest.raises(ValueError, match=r"got a region that is 0 from 0 to 0\.5 s, in all the time of the made video"):
        PastedFilm(Take(source), numbered(4, 8.0), Region(source, masks))
