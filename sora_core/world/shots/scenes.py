"""Scenes of several shots: one scene of solids, seen by one still camera after another, with hard cuts between them.

At 8 fps a shot begins at frame 4k + 1, where a causal VAE of 4 frames per latent begins a latent frame: no latent holds
two shots. A clip too short for a cut shows the first shots alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..solids.attributes import Solid
from ..solids.cameras import Poses, camera_poses
from ..solids.scenes import CameraState
from ..solids.scenes import Scene as SolidScene
from .attributes import Framing

CUTS = {2: (1.0625,), 3: (1.0625, 1.5625)}
"""Times of the cuts in seconds by the number of shots. Half a frame before frames 9, and 9 and 13, at 8 fps.

All lie within the first 17 frames, because a scene does not know how long its clip will be: what a caption says of the
shots holds for 17, 33 and 49 frames alike. The first shot must show what the objects do: five frames do not tell a jump
from another that is only begun, nor a slow spin from standing. The second of three shows a framing, for which one
latent frame is enough.
"""
NUMBERS = {2: "two", 3: "three"}


@dataclass(frozen=True)
class Shot:
    """How the camera of one shot stands, in words and exactly."""

    framing: Framing
    camera: CameraState


@dataclass(frozen=True)
class Scene:
    """Exact state of a clip of shots. solids: what is seen; its camera is that of the first shot."""

    solids: SolidScene
    shots: tuple[Shot, ...]

    @property
    def cuts(self) -> tuple[float, ...]:
        """Times in seconds at which the second shot and those after it begin."""
        return CUTS[len(self.shots)]

    @property
    def things(self) -> tuple[Solid, ...]:
        """Attributes of the objects."""
        return tuple(one.solid for one in self.solids.objects)

    def shot_at(self, time: float) -> int:
        """Return the index of the shot that is shown at a time in seconds."""
        return sum(time >= cut for cut in self.cuts)

    def first_frames(self, frames: int, fps: float) -> list[int]:
        """List the first frame of each shot that a clip of so many frames shows."""
        shown = [self.shot_at(frame / fps) for frame in range(frames)]
        return [shown.index(shot) for shot in sorted(set(shown))]


def shot_poses(scenes: Sequence[Scene], times: torch.Tensor) -> Poses:
    """Compute the poses of the cameras of B scenes at times [F] in seconds, on the times' device."""
    most = max(len(scene.shots) for scene in scenes)
    shots = [camera_poses([scene.shots[min(index, len(scene.shots) - 1)].camera for scene in scenes], times)
             for index in range(most)]  # fmt: skip
    later = [float("inf")] * most
    starts = torch.tensor([[*scene.cuts, *later][: most - 1] for scene in scenes], device=times.device)
    index = (times[None, :, None] >= starts[:, None]).sum(dim=2)  # [B F]

    def chosen(name: str) -> torch.Tensor:
        axes = torch.stack([getattr(one, name) for one in shots])  # [S B F 3]
        return axes.gather(0, index[None, :, :, None].expand(1, -1, -1, 3))[0]

    return Poses(chosen("eye"), chosen("right"), chosen("up"), chosen("forward"))
