"""Flat: the flat world as a Domain, over its functions for batches."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ...canvas.shapes import VideoShape
from ..domain import Style
from ..facts import facts_of
from .attributes import balanced_combinations, held_out, training_combinations
from .captions import caption
from .kinds import RICHER, USUAL_SHARES, RicherShares, Scene, objects, richer
from .renderer import render
from .richer_checks import check_scene
from .scenes import Scenes, in_reading_order, join_scenes, sample_scenes


@dataclass(frozen=True, eq=False)
class FlatScene:
    """One scene. wanted: its specification. state: what was drawn for it, as a batch of one."""

    wanted: Scene
    state: Scenes


@dataclass(frozen=True, eq=False)
class FlatTruth:
    """Exact state of a scene at a time. Objects bounce at the edges, so positions depend on the size of the frame."""

    scene: FlatScene
    time: float

    def centres(self, height: int, width: int) -> torch.Tensor:
        """Compute the objects' centres in a frame of this size, in pixels: [K 2] as (y, x)."""
        return self.scene.state.centres_at(torch.tensor([[self.time]]), VideoShape(1, height, width))[0, :, 0]


class Flat:
    """The flat domain.

    richer: shares of richer scenes. balanced: in training, all that is there with one shape is there with the others.
    """

    name = "flat"

    def __init__(self, richer: RicherShares = USUAL_SHARES, *, balanced: bool = False) -> None:
        if min(richer) < 0 or sum(richer) > 1 + 1e-9:
            raise ValueError(f"got shares of richer scenes of {tuple(richer)}, expected 0 to 1 for all together")
        self.richer, self.balanced = richer, balanced
        self._seen, self._unseen = balanced_combinations() if balanced else training_combinations(), held_out()

    def sample(self, rng: random.Random, *, unseen: bool = False) -> FlatScene:
        """See Domain. A richer scene is unseen if its first object is of a held-out combination."""
        wanted = self._wanted(rng, unseen)
        return FlatScene(wanted, sample_scenes([wanted], rng))

    def _wanted(self, rng: random.Random, unseen: bool) -> Scene:
        """Draw a specification; other draws are made until a richer one is unseen, or of seen objects only."""
        first = rng.choice(self._unseen if unseen else self._seen)
        together = sum(self.richer)
        if rng.random() >= together:
            return first
        while True:
            (kind,) = rng.choices(RICHER, self.richer)
            scene = richer(kind, first, rng)
            shown = objects(scene)
            if shown[0] in self._unseen if unseen else all(one in self._seen for one in shown):
                return scene

    def caption(self, scene: FlatScene, style: Style, rng: random.Random, *, still: bool = False) -> str:
        """See Domain."""
        return caption(scene.wanted, style, rng, still=still)

    def in_order(self, scene: FlatScene) -> FlatScene:
        """See Domain."""
        state = in_reading_order(scene.state)
        return FlatScene(state.wanted[0], state)

    def kind(self, scene: FlatScene) -> str:
        """See Domain."""
        return type(scene.wanted).__name__.lower()

    def facts(self, scene: FlatScene) -> dict[str, str]:
        """See Domain."""
        return facts_of(f"flat.{type(scene.wanted).__name__.lower()}", scene.wanted)

    def render(
        self, scenes: Sequence[FlatScene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
    ) -> torch.Tensor:
        """See Domain."""
        return render(join_scenes([scene.state for scene in scenes]).to(device), video, fps)

    def truth(self, scene: FlatScene, time: float) -> FlatTruth:
        """See Domain."""
        return FlatTruth(scene, time)

    def check(self, scene: FlatScene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
        """See Domain."""
        return check_scene(scene.wanted, frames, fps)
