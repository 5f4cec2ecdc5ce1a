"""Prompts of stretches: true clips that change in time pass, those that change elsewhere or too late do not."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import stretches
from sora_core.evals.stretches import BORDER, CHANGES, FRAMES, changed, read_parts
from sora_core.world.flat import Attributes, Background, Direction, Shape, Speed, render, sample_scenes
from sora_core.world.flat.turns import Turn, render_turns
from sora_core.world.palette import Colour

FPS = 8.0
RED = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.SLOW)
BLUE = RED._replace(colour=Colour.BLUE)


def true_clip(at: int, *parts: Attributes) -> torch.Tensor:
    """Frames of two scenes, the second from frame `at` on."""
    first, second = (render(sample_scenes([part], random.Random(0)), VideoShape(FRAMES, 64, 64), FPS) for part in parts)
    return torch.cat([first[0, :, :at], second[0, :, : FRAMES - at]], dim=1)


def test_a_clip_that_changes_within_a_latent_frame_of_the_border_passes() -> None:
    for at in (BORDER - 3, BORDER, BORDER + 3):
        assert all(read_parts(true_clip(at, RED, BLUE), (RED, BLUE), "colour", FPS, 4))


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_true_clips_is_read_within_a_latent_frame_of_the_border(change: str) -> None:
    other = changed(RED, change, random.Random(1))
    for at in (BORDER - 3, BORDER, BORDER + 3):
        assert read_parts(true_clip(at, RED, other), (RED, other), change, FPS, 4)[:4] == (True,) * 4


def any_start(first: Attributes, second: Attributes, rng: random.Random) -> torch.Tensor:
    """A true clip whose object may meet an edge anywhere, so that it comes back from there."""
    state = sample_scenes([first], rng)
    turn = Turn(first, second, state, rng.uniform(*second.speed.range))
    return render_turns([turn], BORDER, VideoShape(FRAMES, 64, 64), FPS)[0]


@pytest.mark.parametrize("direction", Direction)
def test_a_faster_object_that_comes_back_from_its_edge_is_as_told(direction: Direction) -> None:
    rng, slow = random.Random(2), RED._replace(direction=direction)
    fast = slow._replace(speed=Speed.FAST)
    read = [read_parts(any_start(slow, fast, rng), (slow, fast), "speed", FPS, 4) for _ in range(8)]
    assert sum(all(parts) for parts in read) >= 7


def test_an_object_that_turns_where_no_edge_is_or_stays_slow_is_not_as_told() -> None:
    rng, fast = random.Random(2), RED._replace(speed=Speed.FAST)
    back = fast._replace(direction=Direction.LEFT)
    for _ in range(4):
        clip = true_clip(BORDER, RED, back)
        assert read_parts(clip, (RED, fast), "speed", FPS, 4)[4] is False
        assert read_parts(any_start(RED, RED, rng), (RED, fast), "speed", FPS, 4)[1] is False


def test_what_changes_too_late_or_not_at_all_or_beside_it_does_not() -> None:
    never, late = (read_parts(true_clip(at, RED, BLUE), (RED, BLUE), "colour", FPS, 4) for at in (FRAMES, FRAMES - 3))
    assert never == (True, False, False, True, True)
    assert late[:3] == (True, False, False)
    other = BLUE._replace(background=Background.WHITE)
    assert read_parts(true_clip(BORDER, RED, other), (RED, BLUE), "colour", FPS, 4) == (True, True, True, True, False)


@pytest.mark.parametrize("change", CHANGES)
def test_one_attribute_is_another(change: str) -> None:
    made = changed(RED, change, random.Random(1))
    assert [name for name in RED._fields if getattr(made, name) is not getattr(RED, name)] == [change]


@pytest.mark.slow
def test_the_command_has_a_row_for_each_change_and_way(
    rows: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "SAMPLING", SamplingOptions(steps=1, guidance=1.0))
    measured = rows("stretches", 2)
    assert [(row["changes"], row["prompts"]) for row in measured] == [
        (change, way) for change in CHANGES for way in stretches.PROMPTS
    ]
