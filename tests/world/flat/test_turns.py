"""Turns: what changes changes at the border, and everything else goes on."""

import random
from collections import Counter

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.stretches import CHANGES
from sora_core.world.flat import held_out, read_attributes, render
from sora_core.world.flat.turns import draw_turn, goes_as_told, render_turns

VIDEO, FPS, BORDER = VideoShape(33, 64, 64), 8.0, 17


def change_of(turn):
    """Name of the one attribute that changes."""
    (name,) = (name for name in CHANGES if getattr(turn.first, name) is not getattr(turn.second, name))
    return name


def parts_of(turn):
    return turn.first, turn.second


def turns(count, seed=0):
    rng = random.Random(seed)
    return [draw_turn(rng) for _ in range(count)]


def test_one_attribute_changes_mostly_the_speed_or_the_direction_and_held_out_ones_stay_so():
    drawn = turns(400)
    found = Counter(map(change_of, drawn))
    assert found["speed"] > found["direction"] > max(found["shape"], found["colour"], found["background"])
    assert min(found.values()) > 15
    unseen = set(held_out())
    assert not {part for turn in drawn for part in parts_of(turn)} & unseen
    rng = random.Random(1)
    assert {part for _ in range(50) for part in parts_of(draw_turn(rng, unseen=True))} <= unseen


def test_the_first_part_is_that_of_a_plain_clip_and_nothing_jumps_at_the_border():
    drawn = [turn for turn in turns(48) if goes_as_told(turn, BORDER, VIDEO, FPS, step=4)]
    clips = render_turns(drawn, BORDER, VIDEO, FPS)
    for turn, clip in zip(drawn, clips, strict=True):
        plain = render(turn.state, VIDEO, FPS)[0]
        assert torch.equal(clip[:, :BORDER], plain[:, :BORDER])
        if change_of(turn) in ("direction", "speed"):  # the frame of the border is reached by the former motion
            torch.testing.assert_close(clip[:, BORDER], plain[:, BORDER], atol=1e-3, rtol=0)
            assert (clip[:, BORDER + 2] - plain[:, BORDER + 2]).abs().max() > 0.1
        else:
            inside = (plain != plain[:, :1, :1, :1]).any(0) & (clip != clip[:, BORDER:, :1, :1][:, :1]).any(0)
            assert inside[BORDER:].any()


def test_shapes_and_colours_change_while_the_motion_goes_on_beyond_an_edge():
    same = [turn for turn in turns(200) if change_of(turn) == "colour"][:12]
    clips = render_turns(same, BORDER, VIDEO, FPS)
    for turn, clip in zip(same, clips, strict=True):
        plain = render(turn.state, VIDEO, FPS)[0]
        for frame in (BORDER + 3, 32):
            shown, expected = ((one[:, frame] - one[:, frame, :1, :1]).abs().amax(0) > 0.2 for one in (clip, plain))
            assert (shown ^ expected).float().mean() < 0.02


@pytest.mark.parametrize("change", CHANGES)
def test_the_checks_read_each_part_as_it_is_told(change):
    slow = [turn for turn in turns(600) if change_of(turn) == change and turn.first.speed.name == "SLOW"][:10]
    hits = []
    for turn, clip in zip(slow, render_turns(slow, BORDER, VIDEO, FPS), strict=True):
        shown = clip[:, :BORDER], clip[:, BORDER:]
        read = [read_attributes(part, FPS).matches(told) for part, told in zip(shown, parts_of(turn), strict=True)]
        hits += map(all, read)
    assert sum(hits) >= 0.9 * len(hits)
