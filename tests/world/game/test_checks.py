"""The checks of the game see what is there in true clips, also through H.264, and nothing else."""

import random
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.checks import through_h264
from sora_core.world import Colour
from sora_core.world.game import Act, Attributes, Direction, Scene, Theme, View
from sora_core.world.game.attributes import all_combinations
from sora_core.world.game.checks import check_scene, follow, read_story
from sora_core.world.game.renderer import render
from sora_core.world.game.scenes import sample_scene

FPS = 8.0
SHAPES = [VideoShape(frames, *size) for frames in (17, 33) for size in ((128, 128), (96, 160), (160, 96))]
WANTED = Attributes(View.SIDE, Theme.MEADOW, Colour.RED, Act.WALK, Direction.RIGHT)
LONG = VideoShape(17, 128, 128)


def clip_of(scene: Scene, video: VideoShape = LONG) -> torch.Tensor:
    return render([scene], video, FPS)[0]


def scene_of(seed: int = 0, ticks: int = 4, **changes: object) -> Scene:
    return sample_scene(WANTED._replace(**changes), random.Random(seed), ticks)


@pytest.mark.slow
@pytest.mark.parametrize("video", SHAPES, ids=str)
def test_checks_see_true_clips(video: VideoShape, tmp_path: Path) -> None:
    rng = random.Random(5)
    seen: dict[str, list[bool]] = {}
    for index, wanted in enumerate(rng.sample(all_combinations(), 30)):
        scene = sample_scene(wanted, rng, (video.frames - 1) // 4)
        clip = clip_of(scene, video)
        found = check_scene(scene, clip, FPS)
        if index % 3 == 0:
            coded = check_scene(scene, through_h264(clip, tmp_path, FPS), FPS)
            found |= {f"{name} after H.264": value for name, value in coded.items()}
        for name, value in found.items():
            seen.setdefault(name, []).append(value)
    assert {"view", "theme", "player", "features", "action", "permanence", "action after H.264"} <= set(seen)
    for name, values in seen.items():
        assert sum(values) >= 0.98 * len(values), name


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"view": View.TOP}, "view"),
        ({"theme": Theme.SNOW}, "theme"),
        ({"player": Colour.BLUE}, "player"),
        ({"direction": Direction.LEFT}, "action"),
        ({"act": Act.JUMP, "direction": Direction.UP}, "action"),
        ({"act": Act.DIG}, "action"),
        ({"act": Act.DIG, "direction": Direction.DOWN}, "action"),
        ({"act": Act.PLACE}, "action"),
        ({"act": Act.PLACE, "direction": Direction.LEFT}, "action"),
        ({"act": Act.PICK}, "action"),
    ],
)
def test_a_walk_to_the_right_is_not_something_else(changes: dict[str, object], name: str) -> None:
    shown, asked = scene_of(), scene_of(**changes)
    clip = clip_of(shown)
    assert all(check_scene(shown, clip, FPS).values())
    assert not check_scene(asked, clip, FPS)[name]


@pytest.mark.slow
@pytest.mark.parametrize("act", [Act.DIG, Act.PLACE, Act.PICK])
def test_a_change_that_does_not_stay_is_missed(act: Act) -> None:
    scene = scene_of(act=act, seed=1)
    clip = clip_of(scene, VideoShape(33, 128, 128))
    assert check_scene(scene, clip, FPS)["permanence"]
    story = read_story(clip)
    deeds = follow(scene, story)
    assert deeds is not None
    changed = next(deed for deed in deeds if deed.place is not None)
    row, column = changed.place or (0, 0)
    y, x = (row - 4) * 16, (column - 4) * 16
    undone = clip.clone()
    undone[:, 18:, y : y + 16, x : x + 16] = clip[:, :1, y : y + 16, x : x + 16]
    assert not check_scene(scene, undone, FPS)["permanence"]


@pytest.mark.parametrize("act", [Act.WALK, Act.DIG, Act.PLACE, Act.PICK])
def test_in_a_frozen_clip_nothing_is_done(act: Act) -> None:
    scene = scene_of(act=act)
    found = check_scene(scene, clip_of(scene)[:, :1].expand(-1, 17, -1, -1), FPS)
    assert found["view"]
    assert not found["action"]


def test_a_jump_that_does_not_come_down_is_missed() -> None:
    scene = scene_of(act=Act.JUMP, direction=Direction.UP)
    clip = clip_of(scene)
    assert check_scene(scene, clip, FPS)["action"]
    top = int(read_story(clip).player.row.argmin())
    hanging = clip.clone()
    hanging[:, top:] = clip[:, top : top + 1]
    assert not check_scene(scene, hanging, FPS)["action"]


def test_a_clip_backwards_shows_the_opposite_walk() -> None:
    clip = clip_of(scene_of()).flip(1)
    assert not check_scene(scene_of(), clip, FPS)["action"]
    assert check_scene(scene_of(direction=Direction.LEFT), clip, FPS)["action"]


def test_a_still_is_checked_for_what_it_can_show() -> None:
    scene = scene_of()
    assert check_scene(scene, clip_of(scene)[:, :1], FPS) == dict.fromkeys(
        ("view", "theme", "player", "features"), True
    )


def test_features_that_are_not_there_are_missed() -> None:
    scene = scene_of(view=View.TOP, seed=2)
    assert scene.features
    plain = clip_of(scene_of(view=View.TOP, seed=2))
    plain[:] = plain[:, :1, :16, :16].repeat(1, 17, 8, 8)
    assert not check_scene(scene, plain, FPS)["features"]


def test_a_clip_without_a_player_has_no_action() -> None:
    scene = scene_of()
    assert not check_scene(scene, torch.zeros(3, 17, 128, 128), FPS)["action"]
