"""Models are measured at their own sizes, and a model whose files say nothing at those of the first nano."""

from pathlib import Path

import pytest

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.clip_shapes import UNTOLD_DOMAINS, clip_of, scale_of, shapes_of, shapes_trained_on
from sora_core.models.nano import NANO, NANO_128, Preset
from sora_core.models.trained_on import UNKNOWN, TrainedOn, clips_metadata
from sora_core.pipeline import Pipeline

FIRST = tuple(VideoShape(frames, *size) for frames in (17, 33) for size in ((64, 64), (48, 80), (80, 48)))
DOUBLED = tuple(VideoShape(frames, *size) for frames in (17, 33) for size in ((128, 128), (96, 160), (160, 96)))


def trained_on(preset: Preset) -> TrainedOn:
    metadata = clips_metadata(video for video, _ in preset.clips)
    return TrainedOn.of_metadata(metadata, {}, compression=preset.vae.compression)


@pytest.mark.parametrize(("preset", "shapes"), [(NANO, FIRST), (NANO_128, DOUBLED)])
def test_a_trained_model_is_measured_at_the_sizes_of_its_training(
    preset: Preset, shapes: tuple[VideoShape, ...]
) -> None:
    assert shapes_trained_on(trained_on(preset)) == shapes
    assert shapes_trained_on(trained_on(preset), UNTOLD_DOMAINS) == shapes


def test_files_that_say_nothing_get_the_sizes_of_the_first_nano() -> None:
    assert shapes_trained_on(UNKNOWN) == FIRST
    assert shapes_trained_on(UNKNOWN, UNTOLD_DOMAINS) == DOUBLED


def test_the_bundled_model_keeps_its_sizes() -> None:
    pipe = Pipeline.load("nano")
    assert shapes_of(pipe) == FIRST
    assert clip_of(pipe, 49) == (49, 64, 64)
    assert scale_of(clip_of(pipe, 49)) == 1


def test_no_clip_is_longer_than_those_of_training(taught_model_folder: Path) -> None:
    pipe = Pipeline.load(taught_model_folder)
    assert shapes_of(pipe) == ((17, 32, 32),)
    assert clip_of(pipe, 5) == (5, 32, 32)
    assert scale_of(clip_of(pipe, 5)) == 0.5
    assert shapes_trained_on(TrainedOn(sizes=((32, 16),), frames=9)) == ((9, 16, 32),)
