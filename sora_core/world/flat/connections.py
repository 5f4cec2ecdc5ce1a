"""True transitions from a clip to another clip, or back to its own start, with exact state.

Between the two the object follows a cubic Hermite curve that matches position and velocity at both ends, and its
outline, its colour and the background change linearly.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from ...canvas.shapes import VideoShape
from .attributes import Attributes
from .renderer import distance
from .scenes import Scenes, join_scenes, sample_scenes


class Connection(NamedTuple):
    """Specification of a transition.

    first, second: the plain clips at its ends; second is None for a transition back to the start of the first.
    leave: the last frame of the first clip.
    arrive: the first frame of the second clip, at least leave + 2.
    """

    first: Attributes
    second: Attributes | None
    leave: int
    arrive: int


@dataclass(frozen=True)
class Connections:
    """B transitions. before, after: scenes with one plain object each. leave, arrive: frames as in Connection, [B]."""

    wanted: tuple[Connection, ...]
    before: Scenes
    after: Scenes
    leave: torch.Tensor
    arrive: torch.Tensor

    def __len__(self) -> int:
        return len(self.wanted)

    def to(self, device: torch.device | str) -> Connections:
        """Move the tensors to `device`."""
        parts = (self.before.to(device), self.after.to(device), self.leave.to(device), self.arrive.to(device))
        return Connections(self.wanted, *parts)

    def share(self, frames: int) -> torch.Tensor:
        """Return the progress of each frame from first to second clip: [B F], 0 up to leave, 1 from arrive on."""
        time = torch.arange(frames, device=self.leave.device)
        duration = (self.arrive - self.leave)[:, None]
        return ((time - self.leave[:, None]) / duration).clamp(0, 1)

    def centres(self, video: VideoShape, fps: float) -> torch.Tensor:
        """Compute the object's centre at each frame in pixels: [B F 2] as (y, x)."""
        before, after = (scenes.centres(video, fps)[:, 0] for scenes in (self.before, self.after))  # [B F 2]
        time = torch.arange(video.frames, device=before.device)
        share = self.share(video.frames)[..., None]  # [B F 1]
        curve = self._clamp_inside(self._curve(before, after, share), share, video)
        later = _at(after, (time - self.arrive[:, None]).clamp(min=0))
        leaves, arrives = time <= self.leave[:, None], time >= self.arrive[:, None]
        return torch.where(leaves[..., None], before, torch.where(arrives[..., None], later, curve))

    def _curve(self, before: torch.Tensor, after: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        """Compute the Hermite curve [B F 2] from position and velocity at leave to those at arrive."""
        duration = (self.arrive - self.leave)[:, None, None]
        leave = self.leave[:, None]
        begin, end = _at(before, leave), after[:, :1]
        speed_begin, speed_end = (_at(before, leave + 1) - begin) * duration, (after[:, 1:2] - end) * duration
        rise = share.square() * (3 - 2 * share)
        swing_begin, swing_end = share * (1 - share).square(), -share.square() * (1 - share)
        return begin + rise * (end - begin) + swing_begin * speed_begin + swing_end * speed_end

    def _clamp_inside(self, centres: torch.Tensor, share: torch.Tensor, video: VideoShape) -> torch.Tensor:
        """Clamp the centres so that the object stays inside the frame."""
        size = torch.tensor([video.height, video.width], device=centres.device)
        margin = self.radius(share[..., 0], video)[..., None]
        return torch.minimum(torch.maximum(centres, margin), size - margin)

    def radius(self, share: torch.Tensor, video: VideoShape) -> torch.Tensor:
        """Return the radius at each frame in pixels, [B F]."""
        unit = (video.height * video.width) ** 0.5
        return torch.lerp(self.before.radius, self.after.radius, share) * unit


def sample_connections(wanted: Sequence[Connection], rng: random.Random) -> Connections:
    """Sample a transition for each specification: random radii, starts and speeds."""
    before = sample_scenes([one.first for one in wanted], rng)
    other = sample_scenes([one.second or one.first for one in wanted], rng)
    loops = torch.tensor([one.second is None for one in wanted])
    after = Scenes(
        **{
            **vars(other),
            "radius": torch.where(loops[:, None], before.radius, other.radius),
            "start": torch.where(loops[:, None, None], before.start, other.start),
            "velocity": torch.where(loops[:, None, None], before.velocity, other.velocity),
        }
    )
    leave, arrive = (torch.tensor([getattr(one, name) for one in wanted]) for name in ("leave", "arrive"))
    return Connections(tuple(wanted), before, after, leave, arrive)


def join_connections(batches: Sequence[Connections]) -> Connections:
    """Join batches of transitions into one."""
    return Connections(
        tuple(wanted for batch in batches for wanted in batch.wanted),
        join_scenes([batch.before for batch in batches]),
        join_scenes([batch.after for batch in batches]),
        torch.cat([batch.leave for batch in batches]),
        torch.cat([batch.arrive for batch in batches]),
    )


def render_connections(connections: Connections, video: VideoShape, fps: float) -> torch.Tensor:
    """Render every frame: [B 3 F H W] float32 in -1..1. Raises ValueError if a transition is not within the clip."""
    if not bool(((connections.leave + 2 <= connections.arrive) & (connections.arrive < video.frames)).all()):
        raise ValueError(
            f"got transitions that do not fit {video.frames} frames, expected leave + 2 <= arrive < {video.frames}"
        )
    before, after, share = connections.before, connections.after, connections.share(video.frames)
    centres, radius = connections.centres(video, fps), connections.radius(share, video)
    outline = torch.lerp(
        distance(before.shape[:, 0], centres, radius, video),
        distance(after.shape[:, 0], centres, radius, video),
        share[..., None, None],
    )
    alpha = (0.5 - outline).clamp(0, 1)[:, None]  # [B 1 F H W]
    background, colour = (
        torch.lerp(one[:, :, None], two[:, :, None], share[:, None])[..., None, None]
        for one, two in ((before.background, after.background), (before.colour[:, 0], after.colour[:, 0]))
    )  # [B 3 F 1 1]
    return torch.lerp(background, colour, alpha) * 2 - 1


def _at(track: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """Look up positions [B F' 2] of a track [B F 2] at frames [B F']."""
    return track.gather(1, frames[..., None].expand(-1, -1, 2))
