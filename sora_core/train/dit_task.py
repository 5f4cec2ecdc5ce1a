"""DiTTask: trains the DiT and its text encoder on latents of a trained VAE."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import LatentShape, VideoShape
from ..checkpoint import Kind, load_dit, load_text_encoder, save_checkpoint
from ..diffusion.flow import add_noise
from ..diffusion.schedule import model_level
from ..evals.prompts import generate_clips, prompts_for
from ..models.nano import Preset
from ..models.trained_on import clips_metadata, words_metadata
from ..models.wan.dit import VideoDiT
from ..models.wan.dit.compiling import compile_blocks
from ..models.wan.text_encoder import TextEncoder, train_tokenizer
from ..models.wan.text_encoder.tokenizer import from_json
from ..models.wan.vae import VideoVAE
from ..pipeline import ModelFolder, Pipeline
from ..world.flat import RICHER, Connection, Scene, Style, caption, held_out, richer, training_combinations
from . import distributed
from .data import WorldClips
from .ema import EMA
from .latent_pool import Draw, LatentPool, Wanted
from .objective import EARLY, LATE, Mix, between_canvas, flow_loss, region_canvas, training_canvas, window_canvas
from .optimizer import MuonAdamW
from .precision import call_in, training_dtype
from .sheets import save_sheet

PATCHES_PER_STEP = 5120  # in all processes together; 64 clips of 80 patches
NEW_CLIPS_PER_STEP = 6  # in all processes together
FIRST_FILL, POOL_CLIPS = 96, 3000
MUON_RATE, ADAM_RATE = 0.02, 1e-3
EARLY_STEPS = 1000
TEXT_DROP, TEXT_DROP_BESIDE_CLIPS = 0.1, 0.5  # shares of samples; more with known clips, which show more than the text
RICHER_SHARE = 0.3  # share of scenes
WINDOW = (4, 9)  # minimum and maximum latent frames of a window from mid-clip
STYLES = (Style.TERSE, Style.DESCRIPTIVE, Style.RICH)


class Canvases(Enum):
    """Kind of canvases in a step."""

    CLIP = auto()
    STILL = auto()  # single images
    REGION = auto()  # a level per patch: inpainting and outpainting
    WINDOW = auto()  # windows from mid-clip, for long videos
    CONNECTION = auto()  # both ends of transitions, which the plain world does not have


SHARES = {
    Canvases.CLIP: 0.56,
    Canvases.STILL: 0.06,
    Canvases.REGION: 0.06,
    Canvases.WINDOW: 0.2,
    Canvases.CONNECTION: 0.12,
}
"""Share of steps of each kind."""


class _Conditioned(nn.Module):
    """Maps noisy latents, levels and token ids to velocity in one call, for precision.call_in."""

    def __init__(self, dit: VideoDiT, text_encoder: TextEncoder) -> None:
        super().__init__()
        self.dit, self.text_encoder = dit, text_encoder

    def forward(self, latents: torch.Tensor, noise_level: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return self.dit(latents, noise_level, self.text_encoder(ids))


class _Mean(nn.Module):
    """The VAE's encoder as a module, for precision.call_in."""

    def __init__(self, vae: VideoVAE) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.vae.encode(pixels)


class DiTTask:
    """Trains a DiT; a step is one batch of one shape with about PATCHES_PER_STEP patches. See loop.Task."""

    def __init__(self, preset: Preset, vae: VideoVAE, *, device: torch.device, seed: int) -> None:
        if vae.latent_channels != preset.dit.in_channels:
            raise ValueError(
                f"the DiT takes {preset.dit.in_channels} latent channels, the VAE has {vae.latent_channels}; use a VAE "
                "of the preset"
            )
        torch.manual_seed(seed)
        self.preset, self.vae, self.device, self.seed = preset, vae, device, seed
        self.dtype = training_dtype(device)
        self.early_steps = EARLY_STEPS
        self.clips = WorldClips(preset.fps, seed, device, RICHER_SHARE)
        corpus = _corpus(seed)
        self.words = words_metadata(corpus)
        text_encoder = TextEncoder(preset.text_encoder, train_tokenizer(corpus, preset.text_encoder.vocab_size))
        self.model = _Conditioned(VideoDiT(preset.dit), text_encoder).to(device)
        self.ema = EMA(self.model, 0.997)
        self.optimizer = MuonAdamW(
            self.model.named_parameters(), is_hidden=_is_inner_matrix, muon_rate=MUON_RATE, adam_rate=ADAM_RATE
        )
        self.pools = self._pools(self.clips.draw, POOL_CLIPS, FIRST_FILL, preset.clips)
        connections = partial(self.clips.connections, step=vae.compression.time)
        long_enough = [(video, weight) for video, weight in preset.clips if video.frames > 3 * vae.compression.time]
        self.connections = self._pools(connections, POOL_CLIPS // 4, FIRST_FILL // 4, long_enough)
        plain = replace(self.clips, richer_share=0.0)  # smaller objects of richer scenes would make sizes drift
        self.plain = self._pools(plain.draw, POOL_CLIPS // 4, FIRST_FILL // 4, preset.clips)

    def _pools(
        self, source: Draw[Wanted], capacity: int, fill: int, clips: Sequence[tuple[VideoShape, float]]
    ) -> list[tuple[LatentPool[Wanted], float]]:
        """Make a pool for each shape, with the shape's weight."""
        total = sum(weight for _, weight in clips)
        pools: list[tuple[LatentPool[Wanted], float]] = []
        for video, weight in clips:
            pool = LatentPool(
                source, _Mean(self.vae), video, capacity=max(1, int(capacity * weight / total)), dtype=self.dtype
            )
            pool.refresh(fill, self.clips.rng(-1 - len(pools)))
            pools.append((pool, weight))
        return pools

    def start_from(self, files: ModelFolder) -> None:
        """Load the weights of a trained DiT, and of its text encoder if there is one; the optimisers start new."""
        dit = load_dit(files.dit, device=self.device)
        models = (self.model, self.ema.module)
        if dit.config != self.preset.dit:
            raise ValueError(f"the DiT in {files.path} has other sizes than the preset; start from one with its sizes")
        for model in models:
            model.dit.load_state_dict(dit.state_dict())
        if not files.text_encoder.exists():
            return  # the text encoder is trained from scratch
        text_encoder = load_text_encoder(files.text_encoder, device=self.device)
        if text_encoder.config != self.preset.text_encoder:
            raise ValueError(f"the text encoder in {files.path} has other sizes than the preset; leave it out")
        for model in models:
            model.text_encoder.load_state_dict(text_encoder.state_dict())
            model.text_encoder.tokenizer = text_encoder.tokenizer
        self.early_steps = 0  # the weights have learnt what EARLY teaches

    def compile(self) -> None:
        """Use torch.compile for the DiT; the first steps of every shape then take minutes."""
        compile_blocks(self.model.dit)

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """See loop.Task."""
        rng = self.clips.rng(index)
        generator = torch.Generator().manual_seed(rng.getrandbits(63))
        shared = self.clips.shared_rng(index)  # for choices that must be equal in all processes, such as the shape
        (kind,) = shared.choices(list(SHARES), list(SHARES.values()))
        mix = EARLY if index < self.early_steps else LATE
        wanted, canvas = self._canvas(kind, mix, shared, rng, generator)
        noise = torch.randn(canvas.clean.shape, generator=generator).to(self.device)
        noisy = add_noise(canvas.clean, noise, canvas.noise_level)
        levels = canvas.noise_level if kind is Canvases.REGION else canvas.noise_level[..., :1, :1]
        level = model_level(levels, noisy, self.preset.dit.patch_size)  # [B N] or [B T]
        ids = self._captions(wanted, kind, rng).to(self.device)
        velocity = call_in(self.dtype, self.model, noisy.to(self.dtype), level, ids)
        loss = flow_loss(velocity, noise, canvas)
        loss.backward()
        norm = self.optimizer.step(scale)
        self.ema.update(self.model)
        return {"loss": float(loss.detach()), "gradient": norm}

    def _canvas(
        self, kind: Canvases, mix: Mix, shared: random.Random, rng: random.Random, generator: torch.Generator
    ) -> tuple[list[Scene], LatentCanvas]:
        """Draw a batch of one kind: the scenes to caption, and the canvas."""
        if kind is Canvases.CONNECTION and self.connections:
            connections, latents = self._drawn(self.connections, None, shared, rng)
            between = [self._between(one) for one in connections]
            return [one.first for one in connections], between_canvas(latents, between, generator)
        if kind is Canvases.WINDOW:
            length = shared.randint(*WINDOW)
            longer = [entry for entry in self.plain if self._latent_of(entry[0].video).frames > length]
            scenes, latents = self._drawn(longer or self.plain, length, shared, rng)
            return scenes, window_canvas(latents, generator)
        # the VAE is causal, so a clip's first latent frame is that of its first image
        scenes, latents = self._drawn(self.pools, None, shared, rng)
        if kind is Canvases.STILL:
            latents = latents[:, :, :1]
        if kind is Canvases.REGION:
            return scenes, region_canvas(latents, self.preset.dit.patch_size, generator)
        return scenes, training_canvas(latents, mix, generator)

    def _drawn(
        self,
        pools: list[tuple[LatentPool[Wanted], float]],
        window: int | None,
        shared: random.Random,
        rng: random.Random,
    ) -> tuple[list[Wanted], torch.Tensor]:
        """Draw a batch from one of the pools; with `window` only so many latent frames, from mid-clip."""
        (pool,) = shared.choices([pool for pool, _ in pools], [weight for _, weight in pools])
        pool.refresh(max(1, NEW_CLIPS_PER_STEP // distributed.world_size()), rng)
        latent = self._latent_of(pool.video)
        frames = latent.frames if window is None else min(window, max(2, latent.frames - 1))
        left_out = latent.frames - frames
        first = rng.randint(min(1, left_out), left_out)
        wanted, latents = pool.draw(self._batch(latent._replace(frames=frames)), rng)
        return wanted, latents[:, :, first : first + frames]

    def _between(self, connection: Connection) -> range:
        """Return the latent frames between the two clips."""
        time = self.vae.compression.time
        return range(connection.leave // time + 1, (connection.arrive - 1) // time + 1)

    def _latent_of(self, video: VideoShape) -> LatentShape:
        return self.vae.compression.to_latent(video, self.vae.latent_channels)

    def _batch(self, latent: LatentShape) -> int:
        """Return the number of clips of this shape in a step of this process."""
        _, height, width = self.preset.dit.patch_size
        patches = latent.frames * (latent.height // height) * (latent.width // width)
        return max(1, PATCHES_PER_STEP // patches // distributed.world_size())

    def _captions(self, wanted: list[Scene], kind: Canvases, rng: random.Random) -> torch.Tensor:
        """Tokenize new captions to ids [B L]; some are empty, for classifier-free guidance."""
        drop = TEXT_DROP_BESIDE_CLIPS if kind in (Canvases.WINDOW, Canvases.CONNECTION) else TEXT_DROP
        still = kind is Canvases.STILL
        texts = [
            "" if rng.random() < drop else caption(scene, rng.choice(STYLES), rng, still=still) for scene in wanted
        ]
        return self.model.text_encoder.tokenize(texts)

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed run needs; random numbers depend only on the step."""
        return {
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "tokenizer": self.model.text_encoder.tokenizer.to_json(),
            "early_steps": self.early_steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state to resume from."""
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.early_steps = state["early_steps"]
        for model in (self.model, self.ema.module):  # the tokenizer of the run's start; captions may have changed
            model.text_encoder.tokenizer = from_json(state["tokenizer"])

    def export(self, folder: Path) -> None:
        """Write dit.safetensors and text_encoder.safetensors in half precision; a VAE completes the model folder."""
        files, ema = ModelFolder(folder), self.ema.module
        encoder: TextEncoder = ema.text_encoder
        halves = [{name: weight.half() for name, weight in part.state_dict().items()} for part in (ema.dit, encoder)]
        fps = {"sora_fps": f"{self.preset.fps:g}", **clips_metadata(shape for shape, _ in self.preset.clips)}
        tokenizer = {"sora_tokenizer": encoder.tokenizer.to_json(), **self.words}
        save_checkpoint(files.dit, halves[0], kind=Kind.DIT, config=self.preset.dit, extra=fps)
        save_checkpoint(
            files.text_encoder,
            halves[1],
            kind=Kind.TEXT_ENCODER,
            config=self.preset.text_encoder,
            extra=tokenizer,
        )

    def sheet(self, path: Path) -> None:
        """Write a sheet of held-out prompts, generated by the EMA weights."""
        ema = self.ema.module
        pipe = Pipeline(ema.dit, self.vae, ema.text_encoder, self.preset.fps)
        wanted = held_out()[:8]
        frames = generate_clips(pipe, prompts_for(wanted, seed=0), VideoShape(17, 64, 64), seed=0)
        save_sheet(frames[:, :, ::4], path)
        ema.train()


def _is_inner_matrix(name: str) -> bool:
    """Whether Muon updates the parameter: a matrix of the DiT's blocks, where queries and keys are normalised.

    The T5's matrices are excluded: nothing bounds its products, and updates of full rank make its activations explode.
    """
    return name.startswith("dit.blocks.") and name.endswith("weight")


def _corpus(seed: int) -> list[str]:
    """Write the captions to train the tokenizer on."""
    rng = random.Random(seed)
    plain = training_combinations()
    return [
        caption(wanted, style, rng, still=still)
        for wanted in (*plain, *(richer(kind, first, rng) for kind in RICHER for first in plain))
        for style in STYLES
        for still in (False, True)
    ]
