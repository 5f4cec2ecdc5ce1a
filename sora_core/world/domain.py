"""Domain: one kind of procedural scenes, with captions, frames, exact truth and checks; and the styles of captions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import Enum
from typing import Protocol, TypeVar

import torch

from ..canvas.shapes import VideoShape

SceneT = TypeVar("SceneT")
TruthT_co = TypeVar("TruthT_co", covariant=True)
KINDS_AMONG = 200  # scenes of a domain that have every kind of them, but for kinds that hardly ever come


class Style(Enum):
    """Amount of detail in a caption."""

    TERSE = 0
    DESCRIPTIVE = 1
    RICH = 2


class Domain(Protocol[SceneT, TruthT_co]):
    """One kind of scenes. A scene is the exact state: the same scene always gives the same frames.

    name: what the domain is called on the command line and in tables.
    """

    name: str

    def sample(self, rng: random.Random, *, unseen: bool = False) -> SceneT:
        """Draw a scene. unseen: one of the held-out combinations of attributes; without it, never one of them."""

    def caption(self, scene: SceneT, style: Style, rng: random.Random, *, still: bool = False) -> str:
        """Describe a scene. still: omit all motion, for single images."""

    def in_order(self, scene: SceneT) -> SceneT:
        """Return the scene with its objects told in the order in which a clip shows them: from the left or the top."""

    def kind(self, scene: SceneT) -> str:
        """Name the kind of a scene; scenes of one kind have the same checks."""

    def facts(self, scene: SceneT) -> dict[str, str]:
        """Return all that a full caption says, as names and values."""

    def render(
        self, scenes: Sequence[SceneT], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
    ) -> torch.Tensor:
        """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""

    def truth(self, scene: SceneT, time: float) -> TruthT_co:
        """Return the exact state of a scene at a time in seconds."""

    def check(self, scene: SceneT, frames: torch.Tensor, fps: float) -> dict[str, bool]:
        """Read each attribute of a scene back from frames [3 F H W] in -1..1: whether it is there."""
