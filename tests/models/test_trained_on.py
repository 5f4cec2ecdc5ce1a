"""What a model saw in training: written to metadata, read back, and what is said of requests that are far from it."""

from __future__ import annotations

import pytest

from sora_core.canvas.shapes import Compression, LatentShape, VideoShape
from sora_core.models.trained_on import UNKNOWN, TrainedOn, clips_metadata, words_metadata, words_of

CAPTIONS = [
    "a red circle moves right on a black background.",
    "Blue square",
    "a still of a mid-gray box",
    "a yellow triangle goes up behind a white wall",
]
CLIPS = [VideoShape(17, 64, 64), VideoShape(49, 64, 64), VideoShape(17, 48, 80)]


def read(words=None, clips=None):
    """What of_metadata makes of what training writes, where it is not replaced."""
    words = words_metadata(CAPTIONS) if words is None else words
    clips = clips_metadata(CLIPS) if clips is None else clips
    return TrainedOn.of_metadata(clips, words, compression=Compression(4, 8, 8))


def clip(frames: int = 5, width: int = 8, height: int = 8) -> LatentShape:
    return LatentShape(16, frames, height, width)


def test_what_training_writes_is_read_back():
    known = read()
    assert known.words >= {"red", "square", "mid", "gray", "still", "behind"}
    assert known.sizes == ((64, 64), (80, 48))
    assert known.frames == 49
    assert known.examples == (
        "a red circle moves right on a black background",
        "a yellow triangle goes up behind a white wall",
    )


def test_a_prompt_of_known_words_is_not_spoken_of():
    known = read()
    for prompt in ("A RED square, moves up; 3", "this is the circle that moves", "mid-gray", "", "12 + 7"):
        assert known.prompt_notices(prompt) == []


def test_words_that_no_caption_had_are_named_once_each_with_what_the_model_knows():
    assert read().prompt_notices("a dragon and a Castle, the dragon is red") == [
        "Not learnt: dragon, castle.",
        'It knows "a red circle moves right on a black background".',
    ]


def test_of_many_unknown_words_the_first_are_named_and_the_rest_are_counted():
    said = read().prompt_notices("one two three four five six seven eight nine ten")
    assert said[0] == "Not learnt: one, two, three, four, five, six and 4 more."


def test_a_size_that_is_far_from_all_of_training_is_named_with_them():
    (said,) = read().clip_notices(clip(width=32, height=32), frames_at_once=5)
    assert said == "256x256 is far from 64x64, its training size."


@pytest.mark.parametrize(("width", "height"), [(8, 8), (12, 12), (10, 6), (12, 4), (6, 6), (15, 9)])
def test_a_size_near_one_of_training_is_not_spoken_of(width, height):
    assert read().clip_notices(clip(width=width, height=height), frames_at_once=5) == []


@pytest.mark.parametrize(("width", "height"), [(13, 13), (16, 9), (6, 13), (4, 4), (8, 13)])
def test_one_side_that_is_far_from_training_is_enough(width, height):
    assert len(read().clip_notices(clip(width=width, height=height), frames_at_once=5)) == 1


def test_more_frames_at_once_than_training_had_by_far_are_told_with_what_to_do():
    (said,) = read().clip_notices(clip(frames=60), frames_at_once=20)
    assert said == "77 frames at once, trained on 49: use windows."


def test_a_long_clip_in_short_windows_is_not_spoken_of():
    assert read().clip_notices(clip(frames=200), frames_at_once=19) == []


def test_sizes_are_in_pixels_of_the_vae_that_the_model_has():
    known = TrainedOn(sizes=((128, 128),), frames=17, compression=Compression(4, 16, 16))
    assert known.clip_notices(clip(), frames_at_once=5) == []
    said = known.clip_notices(clip(width=16, height=16), frames_at_once=13)
    assert said == [
        "256x256 is far from 128x128, its training size.",
        "49 frames at once, trained on 17: use windows.",
    ]


def test_of_a_model_of_which_nothing_is_known_nothing_is_said():
    assert TrainedOn.of_metadata({}, {}, compression=Compression()) == UNKNOWN
    assert UNKNOWN.prompt_notices("a dragon") == []
    assert UNKNOWN.clip_notices(clip(width=99, height=99), frames_at_once=99) == []


def test_each_part_is_known_without_the_other():
    words, clips = read(clips={}), read(words={})
    assert words.prompt_notices("a dragon")
    assert words.clip_notices(clip(width=99), frames_at_once=99) == []
    assert clips.prompt_notices("a dragon") == []
    assert len(clips.clip_notices(clip(width=99), frames_at_once=99)) == 2


@pytest.mark.parametrize(
    ("words", "clips"),
    [
        ({"sora_words": "red, blue"}, {}),
        ({"sora_words": "3"}, {}),
        ({"sora_examples": "{"}, {}),
        ({}, {"sora_sizes": "[64, 64]"}),
        ({}, {"sora_sizes": '[["a", 64]]'}),
        ({}, {"sora_frames": "many"}),
    ],
)
def test_metadata_that_training_never_writes_is_refused(words, clips):
    with pytest.raises(ValueError, match="sora_words, sora_examples, sora_sizes, sora_frames cannot be read"):
        read(words, clips)


def test_words_are_letters_in_lower_case_of_any_script():
    assert words_of("Mid-gray, 3 \uff32\uff25\uff24 cats' na\u00efve \u8d64\u3044 x_y") == [
        *("mid", "gray", "red", "cats", "na\u00efve", "\u8d64\u3044", "x", "y")
    ]
