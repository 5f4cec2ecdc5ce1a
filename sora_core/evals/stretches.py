"""Evaluates prompts of stretches: does the attribute that changes change at its moment, and does the rest stay?

Clips of two stretches whose prompts differ in one attribute. What is shown more than a latent frame before the border
must be the first prompt's, what is shown more than one after it the second's. The attributes are read by
world.flat.checks, the motion of a part before or after the edge where its object turns by itself.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

import torch
from tqdm import tqdm

from ..pipeline import Pipeline
from ..world.flat import Attributes, held_out, read_attributes
from ..world.flat.attributes import Background, Direction, Shape, Speed
from ..world.flat.checks import mask_centres, object_mask
from ..world.palette import Colour
from .clip_shapes import clip_of
from .encoding import pixels_of
from .prompts import BATCH, COLUMNS, SAMPLING, prompts_for
from .tables import Row

FRAMES, BORDER = 33, 17  # of a clip, and where its second stretch begins
EDGE = 3 / 64  # share of the frame's side: an object as near to an edge as this may turn within a frame
OTHER_SPEED = {Speed.SLOW: Speed.FAST, Speed.FAST: Speed.SLOW}
CHANGES = ("colour", "background", "shape", "speed", "direction")
PROMPTS = {"two": True, "the first alone": False}


@dataclass(frozen=True)
class StretchScore:
    """Shares of clips, in 0..1: what was read before the border, after it, and both with all that should stay."""

    change: str
    clips: int
    shares: dict[str, float]


def changed(wanted: Attributes, change: str, rng: random.Random) -> Attributes:
    """Return attributes of which one is another."""
    if change == "direction":
        return wanted._replace(direction=wanted.direction.opposite)
    if change == "speed":
        return wanted._replace(speed=OTHER_SPEED[wanted.speed])
    if change == "shape":
        return wanted._replace(shape=rng.choice([one for one in Shape if one is not wanted.shape]))
    if change == "background":
        return wanted._replace(background=rng.choice([one for one in Background if one is not wanted.background]))
    return wanted._replace(colour=rng.choice([one for one in Colour if one is not wanted.colour]))


def stretch_rows(pipe: Pipeline, *, count: int, seed: int = 0) -> list[Row]:
    """Measure each change, with both prompts and with the first alone."""
    rows: list[Row] = []
    for change, way in tqdm(list(product(CHANGES, PROMPTS)), desc="stretches", unit="way"):
        score = score_stretches(pipe, change, both=PROMPTS[way], count=count, seed=seed)
        rows.append({"changes": change, "prompts": way, "clips": score.clips, **score.shares})
    return rows


def score_stretches(pipe: Pipeline, change: str, *, both: bool, count: int, seed: int = 0) -> StretchScore:
    """Generate and read at most `count` held-out combinations. both: prompts, or the first for the whole clip.

    Objects are slow at first: fast ones meet an edge before the border.
    """
    rng = random.Random(seed)
    first = [wanted for wanted in held_out() if wanted.speed is Speed.SLOW][:count]
    second = [changed(wanted, change, rng) for wanted in first]
    video, margin = clip_of(pipe, FRAMES), pipe.vae.compression.time
    hits: list[tuple[bool, ...]] = []
    for start in range(0, len(first), BATCH):
        pairs = list(zip(first[start : start + BATCH], second[start : start + BATCH], strict=True))
        prompts = [prompts_for(list(part), seed=seed) for part in zip(*pairs, strict=True)]
        shown = prompts if both else prompts[:1]
        text = pipe.encode_stretches(shown, [0, BORDER][: len(shown)], FRAMES)
        latents = pipe.sample_latents(text, video, seed=seed + start, sampling=SAMPLING)
        for clip, pair in zip(pixels_of(pipe.decode(latents)), pairs, strict=True):
            hits.append(read_parts(clip, pair, change, pipe.fps, margin))
    names = (f"{change} before", f"{change} after", "both", "the rest before", "the rest after")
    shares = torch.tensor(hits, dtype=torch.float64).mean(dim=0).tolist()
    return StretchScore(change, len(hits), dict(zip(names, shares, strict=True)))


def read_parts(
    clip: torch.Tensor, pair: tuple[Attributes, Attributes], change: str, fps: float, margin: int
) -> tuple[bool, ...]:
    """Read whether a clip [3 F H W] has what two prompts say: the change in each part, in both, the rest in each.

    margin: frames on each side of the border that are not read.
    """
    parts = clip[:, : BORDER - margin], clip[:, BORDER + margin :]
    found = [matches(part, asked, fps) for part, asked in zip(parts, pair, strict=True)]
    before, after = (part.pop(change) for part in found)
    return before, after, before and after, all(found[0].values()), all(found[1].values())


def matches(part: torch.Tensor, asked: Attributes, fps: float) -> dict[str, bool]:
    """Compare a part [3 F H W] with what is asked of it: the looks of all its frames, and its motion up to an edge.

    Where more frames follow the edge than precede it, the motion from there on is read: it must be the way back.
    """
    turn = frame_at_edge(part, asked.direction)
    told, moving = asked, part[:, : turn + 1]
    if part.shape[1] - turn > moving.shape[1]:
        told, moving = asked._replace(direction=asked.direction.opposite), part[:, turn:]
    looks, motion = read_attributes(part, fps), read_attributes(moving, fps)
    read = looks._replace(direction=motion.direction, speed=motion.speed)
    return dict(zip(COLUMNS, read.matches(told), strict=True))


def frame_at_edge(part: torch.Tensor, direction: Direction) -> int:
    """Find the frame of a part [3 F H W] in which its object is nearest to the edge that lies in a direction.

    It is the last frame where the object does not come to that edge, and of several visits the first counts.
    """
    frames = (part.float() / 2 + 0.5).clamp(0, 1)
    mask = object_mask(frames)
    axis, forward = 0 if direction.step[0] else 1, sum(direction.step)
    along = (mask > 0.5).any(dim=2 - axis)  # [F H] or [F W]: where the object is, along its way
    near = (along if forward > 0 else along.flip(1))[:, -max(1, round(along.shape[1] * EDGE)) :].any(dim=1)
    if not bool(near.any()):
        return len(near) - 1
    first = int(near.int().argmax())
    away = (~near[first:]).int()
    visit = int(away.argmax()) if bool(away.any()) else len(away)
    return first + int((mask_centres(mask)[first : first + visit, axis] * forward).argmax())
