"""Connections and loops: is there a way from one true clip to another, or back to a clip's own beginning, and no cut?

The model is given both ends alone, as the nodes give them: the first from the canvas's beginning, the second in place.
Guidance is 1 and the prompt empty: what a prompt says of the first end is not true of the second.
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
from ..canvas.shapes import Compression, VideoShape
from ..diffusion.options import SamplingOptions
from ..pipeline import Pipeline
from ..world import Attributes, Connection, held_out, render_connections, sample_connections
from ..world.connection_checks import check_connection
from .encoding import encode, encode_placed, pixels_of, through_vae
from .prompts import BATCH
from .reconstruction import psnr

START, BETWEEN, END = 3, 4, 2  # latent frames
SIZE = 64  # pixels
SAMPLING = SamplingOptions(guidance=1.0)
LOSS = 6.0  # dB of PSNR below the VAE's that known frames may have: twice its error
LEAST_WAY = 8.0  # pixels between the ends of two clips; nearer to each other they need no way, and a cut is no jump
MIN_CONTRAST = 0.4  # rgb; below it a body that changes evenly into another is lost on its ground

Ends = tuple[Attributes, Attributes | None]
"""What the clips at both ends show; None for the first clip's own beginning."""


@dataclass(frozen=True)
class ConnectionScore:
    """Shares of clips: `success`, which is all of the criteria, and each of them."""

    kind: str
    shown: str
    clips: int
    shares: dict[str, float]


def same_look() -> list[Ends]:
    """Held-out pairs that differ in place and direction."""
    pairs = permutations(held_out(), 2)
    return [(one, two) for one, two in pairs if one[:3] == two[:3] and one.direction is not two.direction]


def other_look() -> list[Ends]:
    """Held-out pairs that differ in shape, colour and background, and whose body can be seen all the way."""
    pairs = permutations(held_out(), 2)
    differing = (pair for pair in pairs if not any(a is b for a, b in zip(pair[0][:3], pair[1][:3], strict=True)))
    return [pair for pair in differing if _least_contrast(*pair) > MIN_CONTRAST]


def own_beginning() -> list[Ends]:
    """Held-out combinations."""
    return [(one, None) for one in held_out()]


KINDS: dict[str, Callable[[], list[Ends]]] = {
    "same look": same_look,
    "other look": other_look,
    "loop": own_beginning,
}


def score_connections(pipe: Pipeline, kind: str, *, count: int, seed: int = 0) -> list[ConnectionScore]:
    """`count` clips of a kind: one score for those of the model, and one for each of what it is compared with."""
    rng = random.Random(f"{seed}/{kind}")
    ends = rng.sample(KINDS[kind](), count)
    seen: dict[str, list[dict[str, bool]]] = defaultdict(list)
    for first in range(0, count, BATCH):
        task = Task.drawn(pipe, ends[first : first + BATCH], rng)
        for shown, clips in _shown(pipe, task, seed + first):
            seen[shown] += task.judged(pipe, clips)
    return [ConnectionScore(kind, shown, count, _shares(criteria)) for shown, criteria in seen.items()]


def placed_end(compression: Compression) -> Placement:
    """Where the second clip lies."""
    arrive, length = compression.video_frames(START + BETWEEN), END * compression.time
    return Placement(arrive, length, arrive + length, compression)


@dataclass(frozen=True)
class Task:
    """What is to be connected. truth: [B 3 F H W] in -1..1, true transitions between the same ends."""

    ends: list[Ends]
    truth: torch.Tensor
    end: Placement

    @classmethod
    def drawn(cls, pipe: Pipeline, ends: list[Ends], rng: random.Random) -> Task:
        """With random starts and speeds."""
        end = placed_end(pipe.vae.compression)
        return cls(ends, torch.cat([_true_transition(pair, end, pipe.fps, rng) for pair in ends]), end)

    @property
    def known(self) -> tuple[slice, slice]:
        """Frames of the first clip, and of the second."""
        return slice(self.end.compression.video_frames(START)), slice(self.end.first, self.end.frames)

    def connected(self, pipe: Pipeline, seed: int) -> torch.Tensor:
        """The model's clips [B 3 F H W] in -1..1; of the truth it sees the ends alone."""
        one, two = (self.truth[:, :, part] for part in self.known)
        recipe = loop if self.ends[0][1] is None else connect
        canvas = recipe(encode(pipe, one), encode_placed(pipe, two, self.end), BETWEEN)
        text = pipe.encode_text([""] * len(self.ends))
        return pixels_of(pipe.decode(pipe.sample_canvas(text, canvas, seed=seed, sampling=SAMPLING)))

    def judged(self, pipe: Pipeline, clips: torch.Tensor) -> list[dict[str, bool]]:
        """Which criteria each clip [3 F H W] meets, by name."""
        back = torch.ones(len(clips), dtype=torch.bool)
        for part, given in zip(self.known, self._ends_through_vae(pipe), strict=True):
            true = self.truth[:, :, part]
            back &= _psnrs(clips[:, :, part], true) > _psnrs(given, true) - LOSS
        rows = zip(clips, self.truth, back.tolist(), strict=True)
        return [{**check_connection(clip, truth), "ends kept": kept} for clip, truth, kept in rows]

    def _ends_through_vae(self, pipe: Pipeline) -> tuple[torch.Tensor, torch.Tensor]:
        """Each end as the VAE gives it back where it knows of no other."""
        one, two = (self.truth[:, :, part] for part in self.known)
        return through_vae(pipe, one), through_vae(pipe, self.end.fill(two))[:, :, self.end.first :]


def _true_transition(ends: Ends, end: Placement, fps: float, rng: random.Random) -> torch.Tensor:
    """[1 3 F H W] in -1..1; two clips are drawn until their ends lie apart."""
    leave, video = end.compression.video_frames(START) - 1, VideoShape(end.frames, SIZE, SIZE)
    while True:
        drawn = sample_connections([Connection(*ends, leave, end.first)], rng)
        (places,) = drawn.centres(video, fps)
        if ends[1] is None or (places[end.first] - places[leave]).norm() > LEAST_WAY:
            return render_connections(drawn, video, fps)


def _shown(pipe: Pipeline, task: Task, seed: int) -> Iterator[tuple[str, torch.Tensor]]:
    """What is judged, by name: the model's clips, true ones, a hard cut that must not pass, and a dissolve."""
    yield "model", task.connected(pipe, seed)
    yield "true, through the VAE", through_vae(pipe, task.truth)
    leave, arrive = task.known[0].stop - 1, task.known[1].start
    before, after = task.truth[:, :, leave : leave + 1], task.truth[:, :, arrive : arrive + 1]
    way = torch.arange(1, arrive - leave) / (arrive - leave)
    for name, share in (("hard cut", torch.zeros_like(way)), ("dissolve", way)):
        between = torch.lerp(before, after, share[:, None, None])  # [B 3 F H W]
        yield name, torch.cat([task.truth[:, :, : leave + 1], between, task.truth[:, :, arrive:]], dim=2)


def _shares(criteria: list[dict[str, bool]]) -> dict[str, float]:
    """Of clips that meet all criteria, and of those that meet each."""
    met = {name: [one[name] for one in criteria] for name in criteria[0]}
    met = {"success": [all(one.values()) for one in criteria], **met}
    return {name: sum(rows) / len(rows) for name, rows in met.items()}


def _psnrs(clips: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """PSNR in dB of each of clips [B 3 F H W]: [B]."""
    return torch.tensor([psnr(clip, true) for clip, true in zip(clips, truth, strict=True)])


def _least_contrast(one: Attributes, two: Attributes) -> float:
    """Least rgb distance between body and background while both change evenly."""
    first, second = (torch.tensor(look.colour.rgb) - torch.tensor(look.background.rgb) for look in (one, two))
    share = torch.linspace(0, 1, 17)[:, None]
    return float(torch.lerp(first, second, share).norm(dim=1).min())
