"""Evaluates connections and loops: whether a transition between true clips is smooth, without a cut.

The model gets only the two ends, as from the nodes: the first at the start of the canvas, the second at its position.
Guidance is 1 and the prompt empty, because a prompt for the first end is wrong for the second.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations

import torch

from ..canvas.abilities import connect, loop
from ..canvas.placement import Placement
from ..canvas.shapes import Compression
from ..diffusion.options import SamplingOptions
from ..pipeline import Pipeline
from ..world.flat import Attributes, Connection, held_out, render_connections, sample_connections
from ..world.flat.connection_checks import check_connection
from .clip_shapes import clip_of, scale_of
from .encoding import encode, encode_placed, pixels_of, through_vae
from .prompts import BATCH
from .reconstruction import psnr

START, BETWEEN, END = 3, 4, 2  # latent frames
SAMPLING = SamplingOptions(guidance=1.0)
LOSS = 6.0  # dB of PSNR that known frames may have below the VAE's: twice its error
MIN_DISTANCE = 8.0  # pixels between the ends of two clips at 64x64; for nearer ends a cut is no jump
MIN_CONTRAST = 0.4  # rgb distance; below it an object that changes linearly into another gets lost on its background

Ends = tuple[Attributes, Attributes | None]
"""Attributes of the clips at both ends; None for the start of the first clip."""


@dataclass(frozen=True)
class ConnectionScore:
    """Shares of clips that meet all criteria (`success`), and each criterion."""

    kind: str
    shown: str
    clips: int
    shares: dict[str, float]


def same_look() -> list[Ends]:
    """List held-out pairs that differ only in position, direction and speed."""
    pairs = permutations(held_out(), 2)
    return [(one, two) for one, two in pairs if one[:3] == two[:3] and one.direction is not two.direction]


def other_look() -> list[Ends]:
    """List held-out pairs that differ in shape, colour and background, with MIN_CONTRAST all along."""
    pairs = permutations(held_out(), 2)
    differing = (pair for pair in pairs if not any(a is b for a, b in zip(pair[0][:3], pair[1][:3], strict=True)))
    return [pair for pair in differing if _least_contrast(*pair) > MIN_CONTRAST]


def own_beginning() -> list[Ends]:
    """List held-out combinations, for loops."""
    return [(one, None) for one in held_out()]


KINDS: dict[str, Callable[[], list[Ends]]] = {
    "same look": same_look,
    "other look": other_look,
    "loop": own_beginning,
}


def score_connections(pipe: Pipeline, kind: str, *, count: int, seed: int = 0) -> list[ConnectionScore]:
    """Score `count` clips of a kind; returns the model's score, and that of each baseline."""
    rng = random.Random(f"{seed}/{kind}")
    ends = rng.sample(KINDS[kind](), count)
    found: dict[str, list[dict[str, bool]]] = defaultdict(list)
    for first in range(0, count, BATCH):
        task = Task.drawn(pipe, ends[first : first + BATCH], rng)
        for shown, clips in _shown(pipe, task, seed + first):
            found[shown] += task.judged(pipe, clips)
    return [ConnectionScore(kind, shown, count, _shares(criteria)) for shown, criteria in found.items()]


def placed_end(compression: Compression) -> Placement:
    """Return the placement of the second clip."""
    arrive, length = compression.video_frames(START + BETWEEN), END * compression.time
    return Placement(arrive, length, arrive + length, compression)


@dataclass(frozen=True)
class Task:
    """A batch of clips to connect. truth: true transitions between the same ends, [B 3 F H W] in -1..1."""

    ends: list[Ends]
    truth: torch.Tensor
    end: Placement

    @classmethod
    def drawn(cls, pipe: Pipeline, ends: list[Ends], rng: random.Random) -> Task:
        """Draw true transitions between the ends, with random starts and speeds."""
        end = placed_end(pipe.vae.compression)
        return cls(ends, torch.cat([_true_transition(pipe, pair, end, rng) for pair in ends]), end)

    @property
    def known(self) -> tuple[slice, slice]:
        """Slices of the frames of the first clip and of the second."""
        return slice(self.end.compression.video_frames(START)), slice(self.end.first, self.end.frames)

    def connected(self, pipe: Pipeline, seed: int) -> torch.Tensor:
        """Generate the model's clips [B 3 F H W] in -1..1 from the ends of the truth."""
        one, two = (self.truth[:, :, part] for part in self.known)
        recipe = loop if self.ends[0][1] is None else connect
        canvas = recipe(encode(pipe, one), encode_placed(pipe, two, self.end), BETWEEN)
        text = pipe.encode_text([""] * len(self.ends))
        return pixels_of(pipe.decode(pipe.sample_canvas(text, canvas, seed=seed, sampling=SAMPLING)))

    def judged(self, pipe: Pipeline, clips: torch.Tensor) -> list[dict[str, bool]]:
        """Check each clip [3 F H W]; returns each criterion and whether it holds."""
        kept = torch.ones(len(clips), dtype=torch.bool)
        for part, given in zip(self.known, self._ends_through_vae(pipe), strict=True):
            true = self.truth[:, :, part]
            kept &= _psnrs(clips[:, :, part], true) > _psnrs(given, true) - LOSS
        rows = zip(clips, self.truth, kept.tolist(), strict=True)
        return [{**check_connection(clip, truth), "ends kept": is_kept} for clip, truth, is_kept in rows]

    def _ends_through_vae(self, pipe: Pipeline) -> tuple[torch.Tensor, torch.Tensor]:
        """Reconstruct each end by the VAE without the other."""
        one, two = (self.truth[:, :, part] for part in self.known)
        return through_vae(pipe, one), through_vae(pipe, self.end.fill(two))[:, :, self.end.first :]


def _true_transition(pipe: Pipeline, ends: Ends, end: Placement, rng: random.Random) -> torch.Tensor:
    """Render a true transition [1 3 F H W] in -1..1; draws clips until their ends are MIN_DISTANCE apart."""
    leave, video = end.compression.video_frames(START) - 1, clip_of(pipe, end.frames)
    while True:
        drawn = sample_connections([Connection(*ends, leave, end.first)], rng)
        (centres,) = drawn.centres(video, pipe.fps)
        if ends[1] is None or (centres[end.first] - centres[leave]).norm() > MIN_DISTANCE * scale_of(video):
            return render_connections(drawn, video, pipe.fps)


def _shown(pipe: Pipeline, task: Task, seed: int) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the clips to judge, by name: the model's, true ones, and two that must fail, a hard cut and a dissolve."""
    yield "model", task.connected(pipe, seed)
    yield "true, through the VAE", through_vae(pipe, task.truth)
    leave, arrive = task.known[0].stop - 1, task.known[1].start
    before, after = task.truth[:, :, leave : leave + 1], task.truth[:, :, arrive : arrive + 1]
    ramp = torch.arange(1, arrive - leave) / (arrive - leave)
    for name, share in (("hard cut", torch.zeros_like(ramp)), ("dissolve", ramp)):
        between = torch.lerp(before, after, share[:, None, None])  # [B 3 F H W]
        yield name, torch.cat([task.truth[:, :, : leave + 1], between, task.truth[:, :, arrive:]], dim=2)


def _shares(criteria: list[dict[str, bool]]) -> dict[str, float]:
    """Compute the share of clips that meet all criteria, and each criterion."""
    met = {name: [one[name] for one in criteria] for name in criteria[0]}
    met = {"success": [all(one.values()) for one in criteria], **met}
    return {name: sum(rows) / len(rows) for name, rows in met.items()}


def _psnrs(clips: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Compute the PSNR in dB of each of clips [B 3 F H W]: [B]."""
    return torch.tensor([psnr(clip, true) for clip, true in zip(clips, truth, strict=True)])


def _least_contrast(one: Attributes, two: Attributes) -> float:
    """Return the smallest rgb distance between object and background while both change linearly."""
    first, second = (torch.tensor(look.colour.rgb) - torch.tensor(look.background.rgb) for look in (one, two))
    share = torch.linspace(0, 1, 17)[:, None]
    return float(torch.lerp(first, second, share).norm(dim=1).min())
