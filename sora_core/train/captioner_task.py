"""CaptionerTask: trains the captioner on latents of true clips and their detailed captions."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from ..checkpoint import Kind, load_captioner, save_checkpoint
from ..models.captioner import Captioner
from ..models.trained_on import clips_metadata
from ..models.wan.text_encoder.tokenizer import Tokenizer, from_json
from ..models.wan.vae import VideoVAE
from .clip_pool import pick
from .ema import EMA
from .fact_list import FIRST_LOGIT, FactList, accuracy
from .latent_pools import LatentPools
from .optimizer import MuonAdamW
from .precision import call_in, training_dtype
from .run import Run

CAPTIONER = "captioner.safetensors"


class _Taught(nn.Module):
    """The captioner, and a linear layer that reads the facts from the mean of what its encoder sees."""

    def __init__(self, captioner: Captioner, facts: int) -> None:
        super().__init__()
        self.captioner = captioner
        self.facts = nn.Linear(captioner.config.dim, facts)
        nn.init.constant_(self.facts.bias, FIRST_LOGIT)

    def forward(self, latents: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents [B C T H W], ids [B L] -> logits of the tokens [B L V] and of the facts [B N]."""
        memory = self.captioner.encode(latents)
        return self.captioner.read(memory, ids), self.facts(memory.mean(dim=1))


class CaptionerTask:
    """Trains a captioner; a step is one batch of whole clips of one shape. See loop.Task."""

    def __init__(self, run: Run, vae: VideoVAE, tokenizer: Tokenizer) -> None:
        torch.manual_seed(run.seed)
        self.run, self.config, self.vae = run, run.config.captioner, vae
        self.dtype = training_dtype(run.device)
        self.clips = [clip for clip in run.config.preset.clips if clip[0].frames <= self.config.longest]
        if not self.clips:
            raise ValueError(f"the preset has no clips of at most {self.config.longest} frames for the captioner")
        source = run.sources.clips
        scenes = source.draw(self.config.fact_scenes, self.clips[0][0], run.seeds.shared(-1))
        self.facts = FactList.of(source.facts(scenes))
        sizes = replace(self.config.model, latent_channels=vae.latent_channels)
        sizes = replace(sizes, vocab_size=max(sizes.vocab_size, tokenizer.vocab_size))
        self.model = _Taught(Captioner(sizes, tokenizer), len(self.facts)).to(run.device)
        self.ema = EMA(self.model, self.config.ema_decay)
        self.optimizer = MuonAdamW(
            self.model.named_parameters(),
            is_hidden=lambda name: name.startswith(("captioner.encoder.", "captioner.decoder.")),
            muon_rate=self.config.muon_rate,
            adam_rate=self.config.adam_rate,
        )
        pools = LatentPools(run, vae, lambda latent: self.config.clips_per_step)
        self.pools = pools.make("captioner", source, self.clips, self.config.pool)

    def start_from(self, path: Path) -> None:
        """Load the weights of a trained captioner, which may lack the stem.

        Raises ValueError for one of other sizes or another tokenizer.
        """
        trained, new = load_captioner(path), self.model.captioner
        if replace(trained.config, stem=trained.config.stem or new.config.stem) != new.config:
            raise ValueError(f"the captioner in {path} has other sizes than the preset; start from one with its sizes")
        if trained.tokenizer.to_json() != new.tokenizer.to_json():
            raise ValueError(
                f"the captioner in {path} writes with another tokenizer than that of --text-encoder; "
                "give the text encoder that it was trained with"
            )
        for model in (self.model, self.ema.module):
            model.captioner.load_state_dict(trained.state_dict(), strict=trained.config.stem == new.config.stem)

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """See loop.Task."""
        rng = self.run.seeds.step(index)
        pool = pick(self.pools, self.run.seeds.shared(index))
        scenes, kept = pool.draw(self.config.clips_per_step, index, rng)
        latents = self._noisy(torch.stack(kept).float(), rng).to(self.run.device, self.dtype)
        ids = self.model.captioner.tokenize(pool.source.captions(scenes, rng)).to(self.run.device)
        facts = self.facts.stated(pool.source.facts(scenes)).to(self.run.device)
        words, read = (logits.float() for logits in call_in(self.dtype, self.model, latents, ids))
        loss = F.cross_entropy(words.flatten(0, 1), ids.flatten(), ignore_index=0)
        told = F.binary_cross_entropy_with_logits(read, facts, reduction="sum") / len(facts)
        (loss + self.config.facts_weight * told).backward()
        norm = self.optimizer.step(scale)
        self.ema.update(self.model)
        return {"loss": float(loss.detach()), **accuracy(read.detach(), facts), "gradient": norm}

    def _noisy(self, latents: torch.Tensor, rng: random.Random) -> torch.Tensor:
        """Add noise of another spread to each clip."""
        generator = torch.Generator().manual_seed(rng.getrandbits(63))
        spread = self.config.latent_noise * torch.rand(len(latents), 1, 1, 1, 1, generator=generator)
        return latents + spread * torch.randn(latents.shape, generator=generator)

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed run needs; random numbers depend only on the step."""
        return {
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "tokenizer": self.model.captioner.tokenizer.to_json(),
            "facts": self.facts.names,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state to resume from."""
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.facts = FactList(state["facts"])
        for model in (self.model, self.ema.module):
            model.captioner.tokenizer = from_json(state["tokenizer"])

    def export(self, folder: Path) -> None:
        """Write captioner.safetensors in half precision."""
        captioner: Captioner = self.ema.module.captioner
        weights = {name: weight.half() for name, weight in captioner.state_dict().items()}
        more = {
            "sora_tokenizer": captioner.tokenizer.to_json(),
            "sora_fps": f"{self.run.config.preset.fps:g}",
            **clips_metadata(video for video, _ in self.clips),
        }
        save_checkpoint(folder / CAPTIONER, weights, kind=Kind.CAPTIONER, config=captioner.config, extra=more)

    def sheet(self, path: Path) -> None:
        """Write captions of unseen clips below the true ones, as text beside where other tasks write a picture."""
        captioner, source, rng = self.ema.module.captioner, self.run.sources.clips, self.run.seeds.shared(0)
        video, _ = self.clips[0]
        scenes = source.unseen(self.config.sheet_clips, video, rng)
        told = captioner.eval().describe(self._latents(source.render(scenes, video)))
        pairs = zip(source.captions(scenes, random.Random(0)), told, strict=True)
        path.with_suffix(".txt").write_text("\n\n".join(f"true: {true}\ntold: {text}" for true, text in pairs) + "\n")
        captioner.train()

    @torch.no_grad()
    def _latents(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.vae.encode(pixels.to(next(self.vae.parameters())))
