"""The bundled captioner: clips of any size and length through the VAE, exact facts, and one line for what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from sora_core.captions.bundled import LONGEST, MOST_STRETCHES, BundledCaptioner
from sora_core.checkpoint import CheckpointError, load_captioner, load_vae
from sora_core.language.facts import Fact, Kind
from sora_core.models.trained_on import TrainedOn
from sora_core.video.video_io import probe, read_frames
from tiny import save_tiny_model
from tiny_captioner import BLACK, WHITE, clip_of, save_captioned_model, save_captioner

SAMPLES = Path(__file__).parents[2] / "web" / "samples"
DARK, LIGHT = (0, 0, 0), (255, 255, 255)


class Counted:
    """A Film that counts which frames are read."""

    def __init__(self, frames: torch.Tensor) -> None:
        self.shape, self.read_at, self._frames = frames.shape, list[int](), frames

    def read(self, wanted: Sequence[int]) -> Iterator[torch.Tensor]:
        for index in wanted:
            self.read_at.append(index)
            yield self._frames[index]


@pytest.fixture(scope="module")
def captioner(captioned_model_folder: Path) -> BundledCaptioner:
    return BundledCaptioner.load(captioned_model_folder)


def test_a_clip_is_described_with_its_facts_and_who_says_it(captioner, captioned_model_folder):
    told = captioner.describe(clip_of(LIGHT), 8.0)
    assert told.text == WHITE
    assert {Fact(Kind.COLOUR, "blue", "object 1"), Fact(Kind.DIRECTION, "left", "object 1")} <= set(told.facts)
    assert str(told.backend) == f"the bundled captioner, {captioned_model_folder.name}"
    assert told.notice == ""


@pytest.mark.parametrize("clip", [clip_of(DARK, 1), clip_of(DARK, 30, 40, 40), clip_of(DARK, 5, 200, 210)])
def test_pictures_and_clips_of_any_length_and_size_are_described(captioner, clip):
    assert captioner.describe(clip, 8.0).text == BLACK


def test_the_rate_of_training_is_shown_whatever_the_rate_of_the_clip(captioner):
    film = Counted(clip_of(DARK, 65))
    captioner.describe(film, 32.0)
    assert len(film.read_at) == 17
    assert [later - index for index, later in zip(film.read_at[:14], film.read_at[1:15], strict=True)] == [4] * 14


def test_a_long_clip_is_described_in_stretches_and_what_is_said_twice_once(captioner):
    clip = torch.cat([clip_of(DARK, 60), clip_of(LIGHT, 60)])
    told = captioner.describe(clip, 8.0)
    assert told.text.startswith(BLACK)
    assert told.text.endswith(WHITE)
    assert {Fact(Kind.COLOUR, "black", "the background"), Fact(Kind.COLOUR, "white", "the background")} <= {*told.facts}


def test_of_a_very_long_clip_a_bounded_number_of_frames_is_read_from_all_of_it(captioner):
    film = Counted(clip_of(DARK, 20_000))
    captioner.describe(film, 8.0)
    assert len(film.read_at) == MOST_STRETCHES * LONGEST
    assert film.read_at[0] == 0
    assert film.read_at[-1] == 19_999


def test_the_size_of_training_that_has_the_shape_of_the_clip_is_used(captioned_model_folder):
    folder = captioned_model_folder
    vae, model = load_vae(folder / "vae.safetensors"), load_captioner(folder / "captioner.safetensors")
    sizes, seen = ((64, 64), (80, 48), (160, 96)), []
    captioner = BundledCaptioner(vae, model, name="m", trained_on=TrainedOn(sizes=sizes, frames=17))
    model.describe, describe = lambda latents, poll: seen.append(tuple(latents.shape)) or [BLACK], model.describe
    assert captioner.describe(clip_of(DARK, 40, 90, 160), 8.0).notice == ""
    assert seen == [(1, 4, 5, 12, 20)] * 3  # 160x96, three stretches of 17 frames
    assert "the middle 56% of the picture" in captioner.describe(clip_of(DARK, 17, 36, 20), 8.0).notice
    model.describe = describe


def test_the_clips_that_the_captioner_was_trained_on_come_before_those_of_the_model(tmp_path):
    save_captioner(save_tiny_model(tmp_path), BLACK, sora_sizes="[[32, 48]]", sora_frames="17")
    captioner, seen = BundledCaptioner.load(tmp_path), []
    captioner.captioner.describe = lambda latents, poll: seen.append(tuple(latents.shape)) or [BLACK]
    captioner.describe(clip_of(DARK, 34), 8.0)
    assert seen == [(1, 4, 5, 6, 4)] * 2


def test_broken_metadata_of_a_captioner_are_one_line(tmp_path):
    save_captioner(save_tiny_model(tmp_path), sora_sizes="[[0, 48]]")
    with pytest.raises(CheckpointError, match=r"captioner\.safetensors has broken metadata: .* expected 1 to"):
        BundledCaptioner.load(tmp_path)


def test_reading_is_interrupted_at_the_next_frame(captioner):
    film = Counted(clip_of(DARK))

    def interrupt() -> None:
        if len(film.read_at) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        captioner.describe(film, 8.0, poll=interrupt)
    assert len(film.read_at) == 3


def test_a_text_that_the_grammar_cannot_read_has_no_facts(tmp_path):
    told = BundledCaptioner.load(save_captioned_model(tmp_path, "two dogs in the snow")).describe(clip_of(DARK), 8.0)
    assert (told.text, told.facts) == ("two dogs in the snow", ())


def test_a_model_without_a_captioner_is_one_line_that_says_what_else_there_is(tmp_path):
    with pytest.raises(CheckpointError) as raised:
        BundledCaptioner.load(save_tiny_model(tmp_path))
    line = str(raised.value)
    assert f"there is no captioner.safetensors beside {tmp_path / 'dit.safetensors'}" in line
    assert "use a server whose model sees pictures (server_url, --llm-url)" in line
    assert "\n" not in line


def test_a_captioner_of_another_vae_and_a_broken_one_are_one_line(tmp_path):
    save_captioner(save_tiny_model(tmp_path), channels=16)
    with pytest.raises(ValueError, match="the captioner reads latents of 16 channels, but the VAE gives 4"):
        BundledCaptioner.load(tmp_path)
    (tmp_path / "captioner.safetensors").write_bytes(b"no weights")
    with pytest.raises(CheckpointError, match=r"captioner\.safetensors"):
        BundledCaptioner.load(tmp_path)


@pytest.mark.parametrize(("frames", "fps"), [(clip_of(DARK)[:0], 8.0), (clip_of(DARK), 0.0), (clip_of(DARK, 1), 1e-6)])
def test_what_is_no_clip_is_refused(captioner, frames, fps):
    with pytest.raises(ValueError, match="got "):
        captioner.describe(frames, fps)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clip", "shape", "direction"),
    [("circle_right", "circle", "right"), ("square_up", "square", "up"), ("triangle_left", "triangle", "left")],
)
def test_the_captioner_in_this_repository_tells_what_the_sample_clips_show(clip, shape, direction):
    path = SAMPLES / f"{clip}.mp4"
    told = BundledCaptioner.load().describe(torch.stack(list(read_frames(path))), float(probe(path).fps))
    assert {Fact(Kind.OBJECT, shape, "object 1"), Fact(Kind.DIRECTION, direction, "object 1")} <= set(told.facts)
    assert Fact(Kind.COUNT, "1", "objects") in told.facts
    assert told.notice == ""
