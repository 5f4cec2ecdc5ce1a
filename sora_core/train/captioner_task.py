"""CaptionerTask: trains the captioner on latents of true clips and their detailed captions."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from ..checkpoint import Kind, save_checkpoint
from ..models.captioner import Captioner
from ..models.wan.text_encoder.tokenizer import Tokenizer, from_json
from ..models.wan.vae import VideoVAE
from .batches import Batches
from .clip_pool import pick
from .ema import EMA
from .optimizer import clipped_step
from .precision import call_in, training_dtype
from .run import Run

CAPTIONER = "captioner.safetensors"


class CaptionerTask:
    """Trains a captioner; a step is one batch of whole clips of one shape. See loop.Task."""

    def __init__(self, run: Run, vae: VideoVAE, tokenizer: Tokenizer) -> None:
        torch.manual_seed(run.seed)
        self.run, self.config, self.vae = run, run.config.captioner, vae
        self.dtype = training_dtype(run.device)
        sizes = replace(self.config.model, latent_channels=vae.latent_channels)
        sizes = replace(sizes, vocab_size=max(sizes.vocab_size, tokenizer.vocab_size))
        self.model = Captioner(sizes, tokenizer).to(run.device)
        self.ema = EMA(self.model, self.config.ema_decay)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=self.config.rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.batches = Batches(run, vae)

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """See loop.Task."""
        rng = self.run.seeds.step(index)
        pool = pick(self.batches.pools, self.run.seeds.shared(index))
        scenes, kept = pool.draw(self.config.clips_per_step, index, rng)
        latents = torch.stack(kept).float()
        generator = torch.Generator().manual_seed(rng.getrandbits(63))
        spread = self.config.latent_noise * torch.rand(len(latents), 1, 1, 1, 1, generator=generator)
        latents = latents + spread * torch.randn(latents.shape, generator=generator)
        ids = self.model.tokenize(pool.source.captions(scenes, rng)).to(self.run.device)
        logits = call_in(self.dtype, self.model, latents.to(self.run.device, self.dtype), ids).float()
        loss = F.cross_entropy(logits.flatten(0, 1), ids.flatten(), ignore_index=0)
        loss.backward()
        norm = clipped_step(self.optimizer, self.config.rate * scale)
        self.ema.update(self.model)
        return {"loss": float(loss.detach()), "gradient": norm}

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed run needs; random numbers depend only on the step."""
        return {
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "tokenizer": self.model.tokenizer.to_json(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state to resume from."""
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        for model in (self.model, self.ema.module):
            model.tokenizer = from_json(state["tokenizer"])

    def export(self, folder: Path) -> None:
        """Write captioner.safetensors in half precision."""
        captioner: Captioner = self.ema.module
        weights = {name: weight.half() for name, weight in captioner.state_dict().items()}
        more = {"sora_tokenizer": captioner.tokenizer.to_json(), "sora_fps": f"{self.run.config.preset.fps:g}"}
        save_checkpoint(folder / CAPTIONER, weights, kind=Kind.CAPTIONER, config=captioner.config, extra=more)

    def sheet(self, path: Path) -> None:
        """Write captions of unseen clips below the true ones, as text beside where other tasks write a picture."""
        captioner, source, rng = self.ema.module, self.run.sources.clips, self.run.seeds.shared(0)
        video, _ = self.run.config.preset.clips[0]
        scenes = source.unseen(self.config.sheet_clips, video, rng)
        told = captioner.eval().describe(self._latents(source.render(scenes, video)))
        pairs = zip(source.captions(scenes, random.Random(0)), told, strict=True)
        path.with_suffix(".txt").write_text("\n\n".join(f"true: {true}\ntold: {text}" for true, text in pairs) + "\n")
        captioner.train()

    @torch.no_grad()
    def _latents(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.vae.encode(pixels.to(next(self.vae.parameters())))
