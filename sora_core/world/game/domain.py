"""Game: the domain of a small tile world with a player, seen from the side or from above."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from ...canvas.shapes import VideoShape
from ..domain import Style
from ..facts import facts_of
from .attributes import View, held_out, training_combinations
from .captions import caption
from .checks import check_scene
from .motion import Truth, truth
from .renderer import render
from .rules import TICK
from .scenes import Scene, sample_scene

SHORTEST = 4  # ticks
_CHOICES = {
    unseen: {view: tuple(one for one in combinations if one.view is view) for view in View}
    for unseen, combinations in ((False, training_combinations()), (True, held_out()))
}


class Game:
    """A small tile world whose rules are a pure function of state and action; see Domain.

    seconds: all that captions tell happens in this time, so clips should be at least as long.
    """

    name = "game"

    def __init__(self, seconds: float = SHORTEST * TICK) -> None:
        if seconds < SHORTEST * TICK:
            raise ValueError(f"got {seconds} seconds; scenes of the game need at least {SHORTEST * TICK}")
        self.seconds = seconds

    def sample(self, rng: random.Random, *, unseen: bool = False) -> Scene:
        """Draw a scene. unseen: one of the held-out combinations of attributes; without it, never one of them."""
        wanted = rng.choice(_CHOICES[unseen][rng.choice(tuple(View))])
        return sample_scene(wanted, rng, int(self.seconds / TICK))

    def caption(self, scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
        """Describe a scene. still: omit all motion, for single images."""
        return caption(scene, style, rng, still=still)

    def in_order(self, scene: Scene) -> Scene:
        """See Domain. What its captions tell has an order already."""
        return scene

    def kind(self, scene: Scene) -> str:
        """See Domain."""
        return scene.wanted.view.name.lower()

    def facts(self, scene: Scene) -> dict[str, str]:
        """See Domain."""
        return {
            **facts_of("game", scene.wanted),
            **facts_of("game.told", scene.told),
            **facts_of("game.features", scene.features),
            **facts_of("game.item", scene.item),
        }

    def render(
        self, scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
    ) -> torch.Tensor:
        """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""
        return render(scenes, video, fps, device=device)

    def truth(self, scene: Scene, time: float) -> Truth:
        """Return the exact state of a scene at a time in seconds."""
        return truth(scene, time)

    def check(self, scene: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
        """Read each attribute of a scene back from frames [3 F H W] in -1..1: whether it is there."""
        return check_scene(scene, frames, fps)
