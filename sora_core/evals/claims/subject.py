"""Subject: what a claim is measured on: a model, or a VAE alone, of which all but the model's own rows are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ...canvas.placement import Placement
from ...canvas.shapes import VideoShape
from ...checkpoint import load_captioner, load_vae
from ...checkpoint.model_folders import find_model
from ...models.captioner import Captioner
from ...models.trained_on import UNKNOWN, TrainedOn
from ...models.wan.families import OWN
from ...models.wan.vae import VideoVAE
from ...pipeline import Pipeline
from ..clip_shapes import UNTOLD_DOMAINS, shapes_trained_on
from ..continuations import Job, carried_over
from ..encoding import encode, pixels_of
from ..extensions import TrueClips, extended
from ..prompts import generate_clips

BATCH, KEPT = 4, "kept"  # clips at once; the folder of train.loop for weights of a step


@dataclass(frozen=True)
class Subject:
    """A VAE, and the whole model and its captioner if there are any. name: as tables call it."""

    name: str
    vae: VideoVAE
    pipe: Pipeline | None = None
    captioner: Captioner | None = None

    @classmethod
    def of_model(cls, model: str | Path, *, device: torch.device | str = "cpu") -> Subject:
        """Load a model; errors as Pipeline.load."""
        pipe, there = Pipeline.load(model, device=device), find_model(model).captioner
        captioner = load_captioner(there, device=device).eval() if there else None
        return cls(_short(Path(model)), pipe.vae, pipe, captioner)

    @classmethod
    def of_vae(cls, path: Path, *, device: torch.device | str = "cpu") -> Subject:
        """Load a VAE alone."""
        return cls(path.parent.name or path.stem, load_vae(path, device=device).eval())

    @property
    def fps(self) -> float:
        """Frames per second of its clips."""
        return self.pipe.fps if self.pipe else OWN.fps

    @property
    def trained_on(self) -> TrainedOn:
        """What its files say of its training."""
        return self.pipe.trained_on if self.pipe else UNKNOWN

    def video(self, frames: int) -> VideoShape:
        """Return a clip of its first size, for the world's domains."""
        return shapes_trained_on(self.trained_on, UNTOLD_DOMAINS)[0]._replace(frames=frames)

    def sizes(self) -> list[VideoShape]:
        """List the sizes of its clips, each once, as clips of one frame."""
        return list(dict.fromkeys(one._replace(frames=1) for one in shapes_trained_on(self.trained_on, UNTOLD_DOMAINS)))

    @torch.no_grad()
    def through_vae(self, pixels: torch.Tensor) -> torch.Tensor:
        """Encode and decode pixels [B 3 F H W] in -1..1, rounded as in a file of 8 bits."""
        weight = next(self.vae.parameters())
        parts = [self.vae.decode(self.vae.encode(part.to(weight))) for part in pixels.split(BATCH)]
        return (torch.cat(parts).float().cpu().clamp(-1, 1) * 127.5).round() / 127.5

    def generated(self, prompts: Sequence[str], video: VideoShape, *, seed: int) -> torch.Tensor:
        """Generate a clip for each prompt, in batches with different seeds: [B 3 F H W] in -1..1."""
        pipe, parts = self._pipe(), range(0, len(prompts), BATCH)
        made = [generate_clips(pipe, prompts[first : first + BATCH], video, seed=seed + first) for first in parts]
        return torch.cat(made).cpu()

    @torch.no_grad()
    def described(self, pixels: torch.Tensor) -> list[str]:
        """Describe clips [B 3 F H W] in -1..1 by the captioner."""
        if self.captioner is None:
            raise ValueError(
                f"{self.name} has no captioner.safetensors beside its DiT; `python -m sora_core.train captioner` "
                "trains one"
            )
        weight = next(self.vae.parameters())
        parts = (self.captioner.describe(self.vae.encode(part.to(weight)).float()) for part in pixels.split(BATCH))
        return [text for part in parts for text in part]

    def extended(self, pixels: torch.Tensor, prompts: Sequence[str], known: int, *, seed: int) -> torch.Tensor:
        """Generate clips like `pixels` [B 3 F H W] from their first `known` frames and their captions."""
        pipe, made = self._pipe(), []
        source = Placement(0, known, pixels.shape[2], pipe.vae.compression)
        for first in range(0, len(prompts), BATCH):
            part = slice(first, first + BATCH)
            made.append(extended(pipe, TrueClips(pixels[part], list(prompts[part]), seed + first), source))
        return torch.cat(made).cpu()

    def continued(self, pixels: torch.Tensor, prompts: Sequence[str], times: int, *, seed: int) -> torch.Tensor:
        """Extend clips [B 3 F H W] of continuations.SOURCE latents `times` times, with latents carried over."""
        pipe, made = self._pipe(), []
        for first in range(0, len(prompts), BATCH):
            text = pipe.encode_text(prompts[first : first + BATCH])
            job = Job(text, encode(pipe, pixels[first : first + BATCH]), times, seed + first)
            made.append(pixels_of(carried_over(pipe, job)))
        return torch.cat(made).cpu()

    def _pipe(self) -> Pipeline:
        if self.pipe is None:
            raise ValueError(f"got the VAE of {self.name} alone, expected a whole model for this measure")
        return self.pipe


def _short(model: Path) -> str:
    """Return a folder's name; of weights kept at a step, as RUN/kept/STEP, that of the run with the step."""
    if model.parent.name == KEPT and model.name.isdecimal():
        return f"{model.parent.parent.name}, step {int(model.name)}"
    return model.name
