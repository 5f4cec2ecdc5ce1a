"""What the files of a model say that it was trained on: ours do, foreign ones do not, and broken words are refused."""

from __future__ import annotations

import pytest

from sora_core.canvas.shapes import Compression
from sora_core.checkpoint import CheckpointError
from sora_core.checkpoint.model_folders import find_model
from sora_core.models.trained_on import UNKNOWN
from tiny import CAPTIONS, save_tiny_model
from wan_folders import wan_pipeline


def test_a_model_that_says_what_it_was_trained_on_is_known_by_it(taught_model_folder):
    known = find_model(taught_model_folder).trained_on()
    assert known.words >= {"red", "square", "left"}
    assert known.examples == (CAPTIONS[0],)
    assert (known.sizes, known.frames) == (((32, 32),), 17)
    assert known.compression == Compression(4, 8, 8)


def test_of_a_model_of_ours_that_does_not_say_it_nothing_is_known(tiny_model_folder):
    assert find_model(tiny_model_folder).trained_on() == UNKNOWN


@pytest.mark.parametrize(
    "broken",
    [
        {"words": {"sora_words": "red"}},
        {"words": {"sora_words": "[" * 100_000}},
        {"words": {"sora_examples": "[5]"}},
        {"words": {"sora_examples": '{"a": 1}'}},
        {"clips": {"sora_frames": "long"}},
        {"clips": {"sora_frames": "-1"}},
        {"clips": {"sora_sizes": "[[0, 64]]"}},
        {"clips": {"sora_sizes": "[[Infinity, 64]]"}},
    ],
)
def test_metadata_that_cannot_be_read_are_refused_with_the_files(tmp_path, broken):
    files = find_model(save_tiny_model(tmp_path, **broken))
    with pytest.raises(CheckpointError, match=r"dit.safetensors or .*text_encoder.safetensors has broken metadata"):
        files.trained_on()


def test_a_long_example_is_shown_in_part(tmp_path):
    model = save_tiny_model(tmp_path, words={"sora_words": '["red"]', "sora_examples": f'["{"a" * 5_000_000}"]'})
    (example,) = find_model(model).trained_on().examples
    assert len(example) < 300


@pytest.mark.parametrize("fps", ["0", "-8", "nan", "inf", "1e9", "[8]", "8" * 5_000_000])
def test_a_frame_rate_that_no_video_has_is_refused(tmp_path, fps):
    files = find_model(save_tiny_model(tmp_path, clips={"sora_fps": fps}))
    with pytest.raises(CheckpointError, match=r"dit.safetensors has sora_fps = .* in its metadata, expected 1 to 240"):
        files.family()


@pytest.mark.slow
def test_of_a_published_model_nothing_is_known(tmp_path):
    wan_pipeline().save_pretrained(tmp_path)
    assert find_model(tmp_path).trained_on() == UNKNOWN
