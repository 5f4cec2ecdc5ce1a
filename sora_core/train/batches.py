"""Batches: draws the canvases of the DiT's steps from pools of encoded clips."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import LatentShape, VideoShape
from ..models.wan.vae import VideoVAE
from . import distributed
from .clip_pool import ClipPool, pick
from .clip_source import ClipSource, StretchSource
from .config import CanvasShares, Stage
from .latent_pools import LatentPools, Pools
from .objective import between_canvas, region_canvas, stretch_canvas, training_canvas, window_canvas
from .run import Run


class Canvases(Enum):
    """Kind of canvases in a step."""

    CLIP = auto()
    STILL = auto()  # single images
    REGION = auto()  # a level per patch: inpainting and outpainting
    WINDOW = auto()  # windows from mid-clip, for long videos
    CONNECTION = auto()  # both ends of transitions
    STRETCHES = auto()  # two stretches, each with a caption of its own


@dataclass(frozen=True)
class Batch:
    """The canvas of one step, and what its clips show.

    source: of the scenes. video: shape of the whole clips. first: latent frame of them with which the canvas begins.
    stretches: the source again, if the scenes have two stretches. border: latent frame with which the second begins.
    What else a source knows of its scenes, such as targets per patch, follows from these.
    """

    kind: Canvases
    source: ClipSource[Any]
    scenes: Sequence[Any]
    video: VideoShape
    first: int
    canvas: LatentCanvas
    stretches: StretchSource[Any] | None = None
    border: int = 0


class Batches:
    """Draws batches from pools of whole clips, of clips for windows, and of transitions."""

    def __init__(self, run: Run, vae: VideoVAE) -> None:
        self.run, self.vae = run, vae
        latents = LatentPools(run, vae, self._batch)
        shares = _mean_shares(run.config.dit.early, run.config.dit.late)
        sources = run.sources
        config, clips = run.config.dit, run.config.preset.clips
        self.pools = latents.make("latents", sources.clips, clips, config.pool.scaled(shares.clip + shares.region))
        self.stills: Pools = []
        if shares.still:
            self.stills = latents.make("stills", sources.clips, _stills(clips), config.still_pool)
        self.windows: Pools = []
        if shares.window:
            self.windows = latents.make("windows", sources.windows, clips, config.pool.scaled(shares.window))
        self.connections: Pools = []
        if sources.transitions is not None and shares.connection:
            refresh = config.pool.scaled(shares.connection)
            self.connections = latents.make("connections", sources.transitions, clips, refresh)
        self.stretches: list[tuple[StretchSource[Any], Pools]] = []
        if shares.stretches:
            for number, source in enumerate(sources.stretches):
                refresh = config.pool.scaled(shares.stretches / len(sources.stretches))
                if pools := latents.make(f"stretches{number}", source, clips, refresh):
                    self.stretches.append((source, pools))

    def draw(self, stage: Stage, index: int, rng: random.Random, generator: torch.Generator) -> Batch:
        """Draw the batch of a step. Its kind and shape are the same in every process, its clips are not."""
        shared = self.run.seeds.shared(index)
        shares = vars(stage.shares)
        (name,) = shared.choices(list(shares), list(shares.values()))
        kind = Canvases[name.upper()]
        if kind is Canvases.STRETCHES and self.stretches:
            return self._draw_stretches(stage, index, shared, rng, generator)
        if kind is Canvases.STRETCHES or (kind is Canvases.CONNECTION and not self.connections):
            kind = Canvases.CLIP
        pool, first, frames = self._place(kind, shared, rng)
        latent = self._latent(pool.video)
        scenes, kept = pool.draw(self._batch(latent._replace(frames=frames)), index, rng)
        latents = torch.stack([clip[:, first : first + frames] for clip in kept]).float().to(self.run.device)
        canvas = self._canvas(kind, stage, latents, scenes, generator)
        return Batch(kind, pool.source, scenes, pool.video, first, canvas)

    def _draw_stretches(
        self, stage: Stage, index: int, shared: random.Random, rng: random.Random, generator: torch.Generator
    ) -> Batch:
        """Draw a batch of clips of two stretches, which have one border."""
        source, pools = shared.choice(self.stretches)
        pool = pick(pools, shared)
        border = self._latent(pool.video._replace(frames=source.border(pool.video))).frames
        scenes, kept = pool.draw(self._batch(self._latent(pool.video)), index, rng)
        latents = torch.stack(kept).float().to(self.run.device)
        canvas = stretch_canvas(latents, stage.mix, border, generator)
        return Batch(Canvases.STRETCHES, source, scenes, pool.video, 0, canvas, source, border)

    def _place(self, kind: Canvases, shared: random.Random, rng: random.Random) -> tuple[ClipPool[Any], int, int]:
        """Choose a pool, and the latent frames of its clips: the first one, and how many."""
        if kind is Canvases.CONNECTION:
            pool = pick(self.connections, shared)
            return pool, 0, self._latent(pool.video).frames
        if kind is not Canvases.WINDOW:
            pool = pick(self.stills if kind is Canvases.STILL else self.pools, shared)
            return pool, 0, self._latent(pool.video).frames
        length = shared.randint(*self.run.config.dit.window)
        longer = [entry for entry in self.windows if self._latent(entry[0].video).frames > length]
        pool = pick(longer or self.windows, shared)
        there = self._latent(pool.video).frames
        frames = min(length, max(2, there - 1))
        return pool, rng.randint(min(1, there - frames), there - frames), frames

    def _canvas(
        self, kind: Canvases, stage: Stage, latents: torch.Tensor, scenes: Sequence[Any], generator: torch.Generator
    ) -> LatentCanvas:
        if kind is Canvases.CONNECTION:
            return between_canvas(latents, [self._between(scene) for scene in scenes], generator)
        if kind is Canvases.WINDOW:
            return window_canvas(latents, generator)
        if kind is Canvases.REGION:
            return region_canvas(latents, self.run.config.preset.dit.patch_size, generator)
        return training_canvas(latents, stage.mix, generator)

    def _between(self, scene: Any) -> range:
        """Return the latent frames between the two clips of a transition."""
        assert self.run.sources.transitions is not None
        frames, time = self.run.sources.transitions.between(scene), self.vae.compression.time
        return range((frames.start - 1) // time + 1, (frames.stop - 1) // time + 1)

    def _latent(self, video: VideoShape) -> LatentShape:
        return self.vae.compression.to_latent(video, self.vae.latent_channels)

    def _batch(self, latent: LatentShape) -> int:
        """Return the number of clips of this shape in a step of this process."""
        config, (_, height, width) = self.run.config, self.run.config.preset.dit.patch_size
        patches = latent.frames * (latent.height // height) * (latent.width // width)
        return max(1, min(config.dit.patches_per_step // patches, config.dit.max_batch) // distributed.world_size())


def _stills(clips: Sequence[tuple[VideoShape, float]]) -> list[tuple[VideoShape, float]]:
    """List single frames of the clips' sizes, with the weights of their clips together."""
    weights: dict[VideoShape, float] = {}
    for video, weight in clips:
        still = video._replace(frames=1)
        weights[still] = weights.get(still, 0.0) + weight
    return list(weights.items())


def _mean_shares(*stages: Stage) -> CanvasShares:
    """Average the shares of stages, each of which may have any sum: the sum is 1."""
    parts = [vars(stage.shares) for stage in stages]
    return CanvasShares(
        **{name: sum(part[name] / sum(part.values()) for part in parts) / len(parts) for name in parts[0]}
    )
