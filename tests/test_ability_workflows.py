"""Every ability's workflow, as shipped, on the bundled model without ComfyUI: what it promises is in the video."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
import torch

from headless.pack import PACK_ROOT, import_from_pack
from sora_core.evals.reconstruction import psnr
from sora_core.video.video_io import read_frames
from sora_core.world.flat import Background, Colour, Direction, Shape, read_attributes
from sora_core.world.flat.checks import object_track

pytestmark = pytest.mark.slow

FPS = 8.0
STEPS = 12


def frames_of(path: Path) -> torch.Tensor:
    """[3 F H W] in -1..1."""
    return torch.stack(list(read_frames(path))).permute(3, 0, 1, 2).float() / 127.5 - 1


def sample(name: str) -> torch.Tensor:
    return frames_of(PACK_ROOT / "web" / "samples" / f"{name}.mp4")


def track(clip: torch.Tensor) -> torch.Tensor:
    """Where the object is, in pixels: [F 2] as (y, x)."""
    return object_track(clip / 2 + 0.5)


@pytest.fixture
def shown(tmp_path):
    """Runs a shipped workflow with changed inputs, and gives its frames."""

    def run(name: str, *settings: str) -> torch.Tensor:
        main = import_from_pack("headless.cli").main
        graph = PACK_ROOT / "workflows" / "api" / f"{name}.json"
        chosen = [part for setting in (f"5.steps={STEPS}", *settings) for part in ("--set", setting)]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert main([str(graph), "--out", str(tmp_path), *chosen]) == 0
        return frames_of(Path(printed.getvalue().strip().splitlines()[-1]))

    return run


def test_a_few_words_become_a_video_of_what_they_say_and_of_what_was_added(shown):
    found = read_attributes(shown("expanded_text_to_video"), FPS)
    assert (found.colour, found.shape, found.direction) == (Colour.RED, Shape.CIRCLE, Direction.LEFT)
    assert found.background is Background.NAVY


@pytest.mark.parametrize("direction", [Direction.LEFT, Direction.RIGHT])
def test_an_image_becomes_a_video_that_begins_with_it_and_does_what_the_prompt_says(shown, direction):
    word = direction.name.lower()
    clip = shown("animate_image", f"3.text=a red circle moves {word} slowly on a black background")
    assert psnr(clip[:, :1], sample("circle_right")[:, :1]) > 26
    moved = track(clip)[:, 1]
    assert (float(moved[6] - moved[0]) > 0) == (direction is Direction.RIGHT)
    assert read_attributes(clip, FPS).colour is Colour.RED


def test_an_extension_keeps_the_source_and_goes_on_the_same_way(shown):
    source, clip = sample("circle_right"), shown("extend_video")
    assert clip.shape[1] == 17 + 16
    assert psnr(clip[:, :4], source[:, :4]) > 34  # within what the file's compression does
    x = track(clip)[:, 1]
    steps = x.diff()
    assert (steps[12:20] > 0).all()  # over the seam
    assert abs(float(steps[17:20].mean() - steps[10:16].mean())) < 0.5  # pixels a frame: no jump, no stop


def test_a_film_of_another_size_and_rate_is_extended_and_kept_as_it_is(shown):
    """The bundled model has never seen the like: what it invents is not looked at, what was given must stay."""
    film = sample("big_buck_bunny")
    assert film.shape == (3, 50, 180, 320)
    clip = shown("extend_video", "8.clip=big_buck_bunny", "4.after=1.0")
    assert clip.shape[2:] == film.shape[2:]
    assert clip.shape[1] - film.shape[1] == 25  # a second at the film's own rate
    assert psnr(clip[:, :20], film[:, :20]) > 30  # within what the file's compression does


def test_an_extension_backward_leads_up_to_the_source(shown):
    source = sample("circle_right")
    settings = ["4.before=1.0", "4.after=0.0", '9.first=["6", 0]', '9.second=["8", 0]', "9.keep_second=true"]
    clip = shown("extend_video", *settings)
    assert clip.shape[1] == 9 + 17
    assert psnr(clip[:, -4:], source[:, -4:]) > 34
    assert track(clip).diff(dim=0).abs().max() < 5  # nothing jumps


def test_a_connection_begins_with_the_one_and_ends_with_the_other(shown):
    clip = shown("connect_videos")
    assert clip.shape[1] == 17 + 8 + 17
    assert psnr(clip[:, :12], sample("circle_right")[:, :12]) > 34
    assert psnr(clip[:, -8:], sample("square_up")[:, -8:]) > 34
    first, last = (read_attributes(part, FPS) for part in (clip[:, :12], clip[:, -8:]))
    assert (first.colour, last.colour) == (Colour.RED, Colour.BLUE)


def test_a_loop_closes(shown):
    clip = shown("loop_video")
    assert clip.shape[1] == 17 + 12
    places = track(clip)
    inside = places.diff(dim=0).norm(dim=1).max()
    assert (places[0] - places[-1]).norm() < 1.5 * inside + 0.5


def test_a_weak_edit_keeps_the_source(shown):
    assert psnr(shown("edit_video", "4.strength=0.1"), sample("circle_right")) > 24


def test_the_shipped_edit_changes_the_colour_and_keeps_the_motion(shown):
    clip = shown("edit_video")
    assert read_attributes(clip, FPS).colour is Colour.GREEN
    assert (track(clip) - track(sample("circle_right"))).norm(dim=1).max() < 2.5


def test_a_full_edit_keeps_nothing(shown):
    """The prompt alone says what is shown, so that other seeds show it at other places."""
    prompt = "3.text=a green square moves down slowly on a white background"
    clips = [shown("edit_video", "4.strength=1.0", prompt, f"5.seed={seed}") for seed in (7, 8, 9)]
    for clip in clips:
        assert psnr(clip, sample("circle_right")) < 10
        assert read_attributes(clip, FPS).direction is Direction.DOWN
    places = torch.stack([track(clip)[0] for clip in clips])
    assert torch.cdist(places, places).max() > 6


def test_in_the_region_is_what_the_prompt_says_and_outside_the_source_stays(shown):
    graph = json.loads((PACK_ROOT / "workflows" / "api" / "inpaint_video.json").read_text())
    left, top = graph["11"]["inputs"]["x"], graph["11"]["inputs"]["y"]
    bottom = top + graph["10"]["inputs"]["height"]
    clip, source = shown("inpaint_video"), sample("circle_right")
    for outside in (slice(None, top), slice(bottom, None)):
        assert psnr(clip[..., outside, :], source[..., outside, :]) > 34
    assert psnr(clip[..., :left], source[..., :left]) > 34
    found = read_attributes(clip, FPS)
    assert (found.colour, found.shape, found.direction) == (Colour.YELLOW, Shape.TRIANGLE, Direction.LEFT)


def test_a_morph_begins_as_the_one_and_ends_as_the_other(shown):
    clip = shown("morph_videos")
    one, two = sample("circle_right"), sample("square_up")
    assert psnr(clip[:, :1], one[:, :1]) > 26
    assert psnr(clip[:, -2:], two[:, -2:]) > 24
    colour = (clip / 2 + 0.5).mean(dim=(2, 3))  # [3 F]
    assert (colour.diff(dim=1).abs().amax(dim=0) < 0.5 * (colour[:, -1] - colour[:, 0]).abs().max()).all()  # no cut


def test_inside_its_border_an_outpainted_source_stays(shown):
    clip, source = shown("outpaint_video"), sample("circle_right")
    assert clip.shape[1:] == (17, 64, 106)
    assert psnr(clip[..., 21:85], source) > 34  # within what the file's compression does
    attributes = read_attributes(clip, FPS)
    assert (attributes.colour, attributes.direction) == (Colour.RED, Direction.RIGHT)


def test_keyframes_are_shown_when_they_should_be_and_what_is_between_leads_from_one_to_the_next(shown):
    clip, source = shown("keyframes"), sample("triangle_left")
    for moment, picture in ((0, 0), (10, 8), (15, 16)):  # a latent frame in mid-canvas is four frames long
        assert psnr(clip[:, moment], source[:, picture]) > 24
    steps = track(clip)[:, 1].diff()
    assert steps.min() > -7  # the object is 10 to 15 pixels from one picture to the next
    assert steps.max() < 2


def test_before_and_after_a_time_range_the_source_stays(shown):
    clip, source = shown("inpaint_time"), sample("circle_right")
    assert psnr(clip[:, :6], source[:, :6]) > 34
    assert psnr(clip[:, 12:], source[:, 12:]) > 34
    shapes = [read_attributes(clip[:, part], FPS).shape for part in (slice(6), slice(7, 11), slice(12, None))]
    assert shapes == [Shape.CIRCLE, Shape.SQUARE, Shape.CIRCLE]
    assert track(clip).diff(dim=0).abs().max() < 4


def test_a_long_video_keeps_its_object_and_nothing_jumps(shown):
    clip = shown("long_video", "4.seconds=10")
    assert clip.shape[1] == 81
    for part in clip.split(17, dim=1)[:4]:
        attributes = read_attributes(part, FPS)
        assert (attributes.colour, attributes.shape) == (Colour.RED, Shape.CIRCLE)
    assert track(clip).diff(dim=0).norm(dim=1).max() < 5
