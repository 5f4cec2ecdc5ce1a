"""TextTask: trains the text encoder to state the facts of a caption, before the DiT learns what they look like.

Large models begin with a text encoder that others have trained. Trained with the DiT alone, a new one learns wordings
that need the order of words ("from right to left") last.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from ..checkpoint import Kind, save_checkpoint
from ..models.trained_on import words_metadata
from ..models.wan.dit.model import mean_of_tokens
from ..models.wan.text_encoder import TextEncoder, train_tokenizer
from ..models.wan.text_encoder.tokenizer import from_json
from ..pipeline import ModelFolder
from .ema import EMA
from .fact_list import FIRST_LOGIT, FactList, accuracy
from .optimizer import adamw, clipped_step
from .precision import call_in, training_dtype
from .run import Run
from .text_change import take_trained


class _Reader(nn.Module):
    """The text encoder, and a linear layer that reads the facts from its mean token."""

    def __init__(self, text_encoder: TextEncoder, facts: int) -> None:
        super().__init__()
        self.text_encoder = text_encoder
        self.read = nn.Linear(text_encoder.config.dim, facts)
        nn.init.constant_(self.read.bias, FIRST_LOGIT)

    def forward(self, ids: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Token ids [B L] and noise [B D] on the mean token -> logits of the facts [B N]."""
        return self.read(mean_of_tokens(self.text_encoder(ids)) + noise)


class TextTask:
    """Trains a text encoder; a step is one batch of captions. See loop.Task."""

    def __init__(self, run: Run) -> None:
        torch.manual_seed(run.seed)
        self.run, self.config, self.source = run, run.config.text, run.sources.clips
        preset = run.config.preset
        self.dtype = training_dtype(run.device)
        rng = run.seeds.shared(-1)
        video, _ = preset.clips[0]
        corpus = self.source.corpus(rng)
        self.words = words_metadata(corpus)
        tokenizer = train_tokenizer(corpus, preset.text_encoder.vocab_size)
        scenes = self.source.draw(self.config.fact_scenes, video, rng)
        self.facts = FactList.of(self.source.facts(scenes))
        self.model = _Reader(TextEncoder(preset.text_encoder, tokenizer), len(self.facts)).to(run.device)
        self.ema = EMA(self.model, self.config.ema_decay)
        self.optimizer = adamw(self.model.named_parameters(), rate=self.config.rate)

    def start_from(self, path: Path) -> None:
        """Load the weights and the tokenizer of a trained text encoder. Raises ValueError for one of other sizes."""
        take_trained(path, [self.model.text_encoder, self.ema.module.text_encoder])

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """See loop.Task."""
        logits, facts = self._read(self.model, self.run.seeds.step(index), self.config.noise)
        loss = F.binary_cross_entropy_with_logits(logits, facts, reduction="sum") / len(facts)
        loss.backward()
        norm = clipped_step(self.optimizer, self.config.rate * scale)
        self.ema.update(self.model)
        return {"loss": float(loss.detach()), **accuracy(logits.detach(), facts), "gradient": norm}

    def _read(self, model: _Reader, rng: random.Random, noise: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw captions: logits and facts [B N]."""
        video, _ = self.run.config.preset.clips[0]
        scenes = self.source.draw(self.config.captions_per_step, video, rng)
        ids = model.text_encoder.tokenize(self.source.captions(scenes, rng))
        facts = self.facts.stated(self.source.facts(scenes))
        ids = ids[:, : int((ids != 0).any(dim=0).sum())]  # padding costs time and changes nothing
        generator = torch.Generator().manual_seed(rng.getrandbits(63))
        drawn = noise * torch.randn(len(ids), model.text_encoder.config.dim, generator=generator)
        logits = call_in(self.dtype, model, ids.to(self.run.device), drawn.to(self.run.device, self.dtype))
        return logits.float(), facts.to(self.run.device)

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed run needs; random numbers depend only on the step."""
        return {
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "tokenizer": self.model.text_encoder.tokenizer.to_json(),
            "facts": self.facts.names,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state to resume from."""
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.facts = FactList(state["facts"])
        for model in (self.model, self.ema.module):
            model.text_encoder.tokenizer = from_json(state["tokenizer"])

    def export(self, folder: Path) -> None:
        """Write text_encoder.safetensors in half precision."""
        encoder = self.ema.module.text_encoder
        weights = {name: weight.half() for name, weight in encoder.state_dict().items()}
        tokenizer = {"sora_tokenizer": encoder.tokenizer.to_json(), **self.words}
        save_checkpoint(
            ModelFolder(folder).text_encoder, weights, kind=Kind.TEXT_ENCODER, config=encoder.config, extra=tokenizer
        )

    def sheet(self, path: Path) -> None:
        """Write which facts are missed most, as text beside where other tasks write a picture."""
        with torch.no_grad():
            logits, facts = self._read(self.ema.module, self.run.seeds.step(-2), 0.0)
        wrong = ((logits > 0) != (facts > 0.5)).float().mean(dim=0)
        order = wrong.argsort(descending=True).tolist()
        lines = [f"{float(wrong[place]):.3f} {self.facts.names[place]}" for place in order]
        path.with_suffix(".txt").write_text("\n".join(lines) + "\n")
