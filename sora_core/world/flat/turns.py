"""Turns: plain clips of which one attribute changes at a frame, where everything else goes on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...canvas.shapes import VideoShape
from .attributes import Attributes, combinations
from .renderer import render
from .scenes import Scenes, join_scenes, sample_scenes

CHANGES = {"speed": 6, "direction": 3, "shape": 1, "colour": 1, "background": 1}
"""What changes, with its weight: another speed is learnt last, another look at once"""


@dataclass(frozen=True, eq=False)
class Turn:
    """A clip's two parts. state: of the first one, a batch of one. pace: speed in the second one, as in Scenes."""

    first: Attributes
    second: Attributes
    state: Scenes
    pace: float


def draw_turn(rng: random.Random, *, unseen: bool = False) -> Turn:
    """Draw a turn: mostly the speed or the direction changes. unseen: both parts are of held-out combinations.

    Without it neither is.
    """
    looks = combinations(unseen=unseen)
    second = None
    while second is None:
        first = rng.choice(looks)
        (change,) = rng.choices(list(CHANGES), list(CHANGES.values()))
        values: Any = type(getattr(first, change))
        changed = [first._replace(**{change: value}) for value in values]
        second = rng.choice([one for one in changed if one in looks and one != first] or [None])
    state = sample_scenes([first], rng)
    same_pace = float(state.velocity.abs().max())
    return Turn(first, second, state, same_pace if first.speed is second.speed else rng.uniform(*second.speed.range))


def render_turns(
    turns: Sequence[Turn], border: int, video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Render turns whose second parts begin at the frame `border`: [B 3 F H W] in -1..1."""
    first = join_scenes([turn.state for turn in turns]).to(device)
    parts = ((first, border), (_second(turns, first.later(border / fps, video)), video.frames - border))
    return torch.cat([render(scenes, video._replace(frames=frames), fps) for scenes, frames in parts], dim=2)


def goes_as_told(turn: Turn, border: int, video: VideoShape, fps: float, *, step: int) -> bool:
    """Whether the object moves as it is told for `step` frames before the border and for twice as many after it.

    Else it has met an edge, and the text of a part is not what is seen beside the border.
    """
    before, at_border = (turn.state.later(frame / fps, video) for frame in (border - step, border))
    then = _second([turn], at_border).later(min(2 * step, video.frames - 1 - border) / fps, video)
    told = ((before, turn.first), (at_border, turn.first), (then, turn.second))
    return all(scenes.velocity[0, 0].sign().tolist() == list(one.direction.step) for scenes, one in told)


def _second(turns: Sequence[Turn], scenes: Scenes) -> Scenes:
    """Scenes of first parts that have come to the border -> scenes of the second parts.

    A direction that does not change is the one in which the object moves by then, after it may have met an edge.
    """
    wanted = [turn.second for turn in turns]
    shown = sample_scenes(wanted, random.Random(0)).to(scenes.start.device)  # for how they look
    pace = torch.tensor([turn.pace for turn in turns]).to(scenes.velocity)[:, None, None]
    turned = torch.tensor([turn.first.direction is not turn.second.direction for turn in turns])
    steps = torch.where(
        turned[:, None, None].to(scenes.start.device),
        torch.tensor([[one.direction.step] for one in wanted]).to(scenes.velocity),
        scenes.velocity.sign(),
    )
    return replace(
        scenes,
        wanted=tuple(wanted),
        shape=shown.shape,
        colour=shown.colour,
        background=shown.background,
        velocity=steps * pace,
    )
