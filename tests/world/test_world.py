"""The world: exact state, captions that say what is shown, and checks that are themselves checked on real clips."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import (
    RICHER,
    Attributes,
    Background,
    Colour,
    Direction,
    Hidden,
    Pair,
    Panned,
    Scene,
    Shape,
    Size,
    Sized,
    Speed,
    Style,
    caption,
    check_scene,
    held_out,
    read_attributes,
    render,
    richer,
    sample_scenes,
    training_combinations,
)
from sora_core.world.attributes import all_combinations
from sora_core.world.captions import CAMERA, MOVES, MOVING, WORDS
from sora_core.world.checks import body_mask, mask_centres
from sora_core.world.richer_checks import coloured_track

FPS = 8.0
SHAPES = [VideoShape(17, 64, 64), VideoShape(17, 48, 80), VideoShape(33, 80, 48)]
WANTED = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.FAST)


@pytest.mark.parametrize("video", SHAPES, ids=str)
@pytest.mark.parametrize("noise", [0.0, 0.05], ids=["clean", "noisy"])
def test_checks_read_every_attribute_of_real_clips(video: VideoShape, noise: float) -> None:
    rng = random.Random(3)
    combinations = rng.sample(all_combinations(), 100)
    clips = render(sample_scenes(combinations, rng), video, FPS)
    clips = clips + noise * torch.randn(clips.shape, generator=torch.Generator().manual_seed(0))
    hits = [read_attributes(clip, FPS).matches(wanted) for clip, wanted in zip(clips, combinations, strict=True)]
    assert (torch.tensor(hits).float().mean(dim=0) >= 0.98).all()


def test_checks_find_nothing_where_there_is_no_body() -> None:
    generator = torch.Generator().manual_seed(0)
    empty = torch.full((3, 9, 32, 32), -0.9) + 0.01 * torch.randn(3, 9, 32, 32, generator=generator)
    noise = torch.randn(3, 9, 32, 32, generator=generator)
    for frames in (empty, noise):
        reading = read_attributes(frames, FPS)
        assert (reading.shape, reading.direction, reading.speed) == (None, None, None)


def test_checks_refuse_a_body_that_has_none_of_the_shapes() -> None:
    clip = render(sample_scenes([WANTED], random.Random(0)), VideoShape(9, 64, 64), FPS)[0]
    torn = clip.clone()
    torn[:, :, ::4] = clip[:, :, :1, :1]  # every fourth line is background
    torn[:, :, 1::4] = clip[:, :, :1, :1]
    assert read_attributes(clip, FPS).shape is Shape.CIRCLE
    assert read_attributes(torn, FPS).shape is None


def test_a_reversed_clip_reads_as_the_opposite_direction() -> None:
    clip = render(sample_scenes([WANTED._replace(speed=Speed.SLOW)], random.Random(0)), VideoShape(17, 64, 64), FPS)[0]
    assert read_attributes(clip, FPS).direction is Direction.RIGHT
    assert read_attributes(clip.flip(1), FPS).direction is Direction.LEFT


@pytest.mark.parametrize("video", SHAPES, ids=str)
def test_rendered_bodies_are_where_the_state_says(video: VideoShape) -> None:
    rng = random.Random(1)
    scenes = sample_scenes([WANTED._replace(shape=shape) for shape in (Shape.CIRCLE, Shape.SQUARE)], rng)
    truth = scenes.centres(video, FPS)[:, 0]  # [B F 2]
    for clip, centres, ground in zip(render(scenes, video, FPS), truth, scenes.background, strict=True):
        seen = mask_centres(body_mask(clip / 2 + 0.5, ground))
        assert (seen - centres).abs().max() < 0.6


def test_bodies_stay_inside_and_keep_their_speed_between_bounces() -> None:
    video = VideoShape(400, 48, 80)
    scenes = sample_scenes([WANTED], random.Random(2))
    x = scenes.centres(video, FPS)[0, 0, :, 1]
    radius = float(scenes.radius) * (48 * 80) ** 0.5
    assert x.min() >= radius - 1e-3
    assert x.max() <= 80 - radius + 1e-3
    steps = x.diff().abs()
    assert torch.isclose(steps, steps.max(), rtol=1e-3).float().mean() > 0.9


def test_frame_rate_and_duration_read_the_same_state() -> None:
    scenes = sample_scenes([WANTED], random.Random(2))
    slow, fast = scenes.centres(VideoShape(9, 64, 64), 4.0), scenes.centres(VideoShape(17, 64, 64), 8.0)
    assert torch.allclose(slow, fast[:, :, ::2], atol=1e-4)


def test_the_same_random_numbers_draw_the_same_scenes() -> None:
    first, second = (sample_scenes(held_out()[:5], random.Random(9)) for _ in range(2))
    assert torch.equal(first.start, second.start)
    assert torch.equal(first.velocity, second.velocity)


def test_held_out_and_training_combinations_are_disjoint_and_complete() -> None:
    unseen, seen = held_out(), training_combinations()
    assert len(unseen) == len(set(unseen)) == 200
    assert not set(unseen) & set(seen)
    assert set(unseen) | set(seen) == set(all_combinations())
    for values in (Shape, Colour, Background, Direction, Speed):  # nothing is only ever held out
        assert {value for combination in seen for value in combination} >= set(values)


@pytest.mark.parametrize("style", [Style.DESCRIPTIVE, Style.RICH])
def test_detailed_captions_name_every_attribute(style: Style) -> None:
    rng = random.Random(0)
    for wanted in rng.sample(all_combinations(), 200):
        text = caption(wanted, style, rng)
        for value in wanted:
            assert any(word in text for word in WORDS[value]), (text, value)


def test_no_wording_stands_for_two_values() -> None:
    words = [word for synonyms in WORDS.values() for word in set(synonyms)]
    assert len(words) == len(set(words))


def spaced(text: str) -> str:
    """The text with a space around each word and no punctuation, to look for wordings of several words."""
    return f" {text.replace(',', ' ').replace('.', ' ')} "


def test_still_captions_say_nothing_of_motion() -> None:
    rng = random.Random(0)
    motion = [word for value in (*Direction, *Speed) for word in WORDS[value]] + [*MOVES, *MOVING]
    moving = caption(WANTED, Style.TERSE, rng)
    assert any(f" {word} " in spaced(moving) for word in motion)
    for style in Style:
        for wanted in held_out():
            text = spaced(caption(wanted, style, rng, still=True))
            assert [word for word in motion if f" {word} " in text] == []


def test_captions_vary() -> None:
    rng = random.Random(0)
    assert len({caption(WANTED, Style.RICH, rng) for _ in range(100)}) > 90


@pytest.mark.parametrize("kind", RICHER, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("video", SHAPES, ids=str)
@pytest.mark.parametrize("noise", [0.0, 0.05], ids=["clean", "noisy"])
def test_checks_see_richer_scenes_in_real_clips(kind: type, video: VideoShape, noise: float) -> None:
    rng = random.Random(5)
    wanted = [richer(kind, first, rng) for first in rng.sample(all_combinations(), 50)]
    clips = render(sample_scenes(wanted, rng), video, FPS)
    clips = clips + noise * torch.randn(clips.shape, generator=torch.Generator().manual_seed(0))
    seen = [check_scene(scene, clip, FPS) for scene, clip in zip(wanted, clips, strict=True)]
    for name in seen[0]:
        assert sum(one[name] for one in seen) >= 49, name


def wrong_scenes() -> list[tuple[Scene, Scene, str]]:
    """What is shown, what is asked for, and what must not be seen of it."""
    other = Attributes(Shape.SQUARE, Colour.GREEN, Background.BLACK, Direction.RIGHT, Speed.SLOW)
    back = other._replace(direction=Direction.LEFT)
    return [
        (Sized(WANTED, Size.SMALL), Sized(WANTED, Size.LARGE), "size"),
        (WANTED, Sized(WANTED, Size.LARGE), "size"),
        (WANTED, Sized(WANTED, Size.SMALL), "size"),
        (Pair(WANTED, other), Pair(WANTED, back), "second motion"),
        (WANTED, Pair(WANTED, other), "second body"),
        (Panned(WANTED), Panned(WANTED._replace(direction=Direction.LEFT)), "camera"),
        (WANTED._replace(direction=Direction.LEFT), Panned(WANTED), "camera"),  # a body moves over ground that does not
        (WANTED, Hidden(WANTED, Background.WHITE), "wall"),
        (WANTED, Hidden(WANTED, Background.WHITE), "permanence"),
        (Hidden(WANTED, Background.WHITE), Hidden(WANTED._replace(shape=Shape.SQUARE), Background.WHITE), "permanence"),
    ]


@pytest.mark.parametrize(("shown", "wanted", "name"), wrong_scenes())
def test_checks_do_not_see_what_is_not_there(shown: Scene, wanted: Scene, name: str) -> None:
    (clip,) = render(sample_scenes([shown], random.Random(0)), VideoShape(17, 64, 64), FPS)
    assert check_scene(shown, clip, FPS) == dict.fromkeys(check_scene(shown, clip, FPS), True)
    assert not check_scene(wanted, clip, FPS)[name]


def test_a_track_by_colour_is_that_of_the_body_beside_a_wall() -> None:
    scenes = sample_scenes([Hidden(WANTED, Background.WHITE)], random.Random(0))
    video = VideoShape(17, 64, 64)
    track = coloured_track(render(scenes, video, FPS)[0], WANTED.colour)
    away = (track - scenes.centres(video, FPS)[0, 0]).norm(dim=1)
    assert away[[0, 1, 15, 16]].max() < 0.6  # in between the wall hides a part of it


def test_a_body_that_does_not_come_out_from_behind_the_wall_is_missed() -> None:
    scene = Hidden(WANTED, Background.WHITE)
    (clip,) = render(sample_scenes([scene], random.Random(0)), VideoShape(17, 64, 64), FPS)
    lost = clip.clone()
    lost[:, 9:] = clip[:, 8:9]
    assert not check_scene(scene, lost, FPS)["permanence"]


@pytest.mark.parametrize("kind", RICHER, ids=lambda kind: kind.__name__)
def test_richer_scenes_keep_to_the_training_combinations_of_their_first_body(kind: type) -> None:
    rng = random.Random(0)
    for first in rng.sample(all_combinations(), 50):
        scene = richer(kind, first, rng)
        assert scene.first[:3] == first[:3]
        if kind is not Hidden:  # which has its own motion
            assert scene.first == first


@pytest.mark.parametrize("style", Style)
def test_richer_captions_say_what_makes_them_richer(style: Style) -> None:
    rng = random.Random(1)
    for first in rng.sample(all_combinations(), 100):
        sized, pair, panned, hidden = (richer(kind, first, rng) for kind in RICHER)
        texts = [caption(scene, style, rng) for scene in (sized, pair, panned, hidden)]
        assert any(f"{word} " in texts[0] for word in WORDS[sized.size])
        for body in (pair.first, pair.second):
            assert any(word in texts[1] for word in WORDS[body.colour])
        assert any(f"the camera {words}" in texts[2] for words in CAMERA[first.direction])
        assert any(f"{word} wall" in texts[3] for word in WORDS[hidden.wall])


@pytest.mark.parametrize("kind", RICHER, ids=lambda kind: kind.__name__)
def test_still_captions_of_richer_scenes_say_nothing_of_motion(kind: type) -> None:
    rng = random.Random(0)
    motion = [word for value in (*Direction, *Speed) for word in WORDS[value]] + [*MOVES, *MOVING, "camera"]
    for style in Style:
        for first in held_out()[:50]:
            text = spaced(caption(richer(kind, first, rng), style, rng, still=True))
            assert [word for word in motion if f" {word} " in text] == []


def test_the_camera_sees_the_world_go_the_other_way() -> None:
    scenes = sample_scenes([Panned(WANTED)], random.Random(0))
    x = scenes.centres(VideoShape(17, 64, 64), FPS)[0, 0, :, 1]
    assert (x.diff() < 0).all()
    assert torch.allclose(x.diff(), -scenes.camera_path(VideoShape(17, 64, 64), FPS)[0, :, 1].diff(), atol=1e-4)
