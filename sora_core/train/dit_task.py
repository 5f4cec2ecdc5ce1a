"""DiTTask: trains the DiT and its text encoder on latents of a trained VAE."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..checkpoint import Kind, load_dit, save_checkpoint
from ..diffusion.flow import add_noise
from ..diffusion.schedule import model_level
from ..diffusion.timed_text import TimedText
from ..evals.prompts import generate_clips
from ..models.trained_on import clips_metadata, words_metadata
from ..models.wan.dit import VideoDiT
from ..models.wan.dit.compiling import compile_blocks
from ..models.wan.text_encoder import TextEncoder, train_tokenizer
from ..models.wan.text_encoder.tokenizer import from_json
from ..models.wan.vae import VideoVAE
from ..pipeline import ModelFolder, Pipeline
from .batches import Batch, Batches, Canvases
from .ema import EMA
from .objective import flow_loss
from .optimizer import MuonAdamW
from .precision import call_in, training_dtype
from .run import Run
from .sheets import save_sheet
from .text_change import fit_text_layers, take_trained

FITTED_CAPTIONS = 64  # at a time, while text layers are fitted to a new text encoder


class _Conditioned(nn.Module):
    """Maps noisy latents, levels and token ids to velocity in one call, for precision.call_in.

    The ids are of one text, or of one for each stretch of latent frames, of which `shares` [P T] says what sees them.
    """

    def __init__(self, dit: VideoDiT, text_encoder: TextEncoder) -> None:
        super().__init__()
        self.dit, self.text_encoder = dit, text_encoder

    def forward(
        self, latents: torch.Tensor, noise_level: torch.Tensor, shares: torch.Tensor, *ids: torch.Tensor
    ) -> torch.Tensor:
        texts = tuple(self.text_encoder(one) for one in ids)
        return self.dit(latents, noise_level, texts[0] if len(texts) == 1 else TimedText(texts, shares))


class DiTTask:
    """Trains a DiT; a step is one batch of canvases of one kind and shape. See loop.Task.

    learn_text: whether the text encoder is trained with the DiT, or stays as it is.
    """

    def __init__(self, run: Run, vae: VideoVAE, *, learn_text: bool = True) -> None:
        preset, config = run.config.preset, run.config.dit
        if vae.latent_channels != preset.dit.in_channels:
            raise ValueError(
                f"the DiT takes {preset.dit.in_channels} latent channels, the VAE has {vae.latent_channels}; use a VAE "
                "of the preset"
            )
        torch.manual_seed(run.seed)
        self.run, self.vae, self.preset, self.config, self.learn_text = run, vae, preset, config, learn_text
        self.dtype = training_dtype(run.device)
        self.early_steps = config.early_steps
        corpus = run.sources.clips.corpus(random.Random(run.seed))
        self.words = words_metadata(corpus)
        text_encoder = TextEncoder(preset.text_encoder, train_tokenizer(corpus, preset.text_encoder.vocab_size))
        text_encoder.requires_grad_(learn_text)
        self.model = _Conditioned(VideoDiT(preset.dit), text_encoder).to(run.device)
        self.ema = EMA(self.model, config.ema_decay)
        self.optimizer = MuonAdamW(
            self.model.named_parameters(),
            is_hidden=_is_inner_matrix,
            muon_rate=config.muon_rate,
            adam_rate=config.adam_rate,
        )
        self.batches = Batches(run, vae)
        self.knows_text = False  # whether the DiT has learnt with its text encoder
        self._drawn = 0

    def start_from(self, files: ModelFolder) -> None:
        """Load the weights of a trained DiT, and of its text encoder if there is one; the optimisers start new."""
        dit = load_dit(files.dit, device=self.run.device)
        models = (self.model, self.ema.module)
        if dit.config != self.preset.dit:
            raise ValueError(f"the DiT in {files.path} has other sizes than the preset; start from one with its sizes")
        for model in models:
            model.dit.load_state_dict(dit.state_dict())
        if files.text_encoder.exists():  # else it is trained from scratch
            take_trained(files.text_encoder, [model.text_encoder for model in models])
            self.knows_text = True
        self.early_steps = 0  # the weights have learnt what EARLY teaches

    def take_text_encoder(self, path: Path) -> None:
        """Load the weights and the tokenizer of a trained text encoder.

        Where the DiT knows another one with the same tokenizer, its text layers are fitted to the new one first.
        """
        model, ema = self.model, self.ema.module
        former = copy.deepcopy(model.text_encoder)
        take_trained(path, [model.text_encoder, ema.text_encoder])
        if self.knows_text and former.tokenizer.to_json() == model.text_encoder.tokenizer.to_json():
            fit_text_layers(model.dit, former, model.text_encoder, self._drawn_captions, self.config.text_fit_steps)
            ema.dit.load_state_dict(model.dit.state_dict())

    def _drawn_captions(self) -> list[str]:
        """Captions of new scenes, the same in all processes; some are empty."""
        clips, rng = self.run.sources.clips, self.run.seeds.shared(-2 - self._drawn)
        self._drawn += 1
        video, _ = self.preset.clips[0]
        scenes = clips.draw(FITTED_CAPTIONS, video, rng)
        return ["" if rng.random() < self.config.text_drop else text for text in clips.captions(scenes, rng)]

    def compile(self) -> None:
        """Use torch.compile for the DiT; the first steps of every shape then take minutes."""
        compile_blocks(self.model.dit)

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """See loop.Task."""
        rng = self.run.seeds.step(index)
        generator = torch.Generator().manual_seed(rng.getrandbits(63))
        stage = self.config.early if index < self.early_steps else self.config.late
        batch = self.batches.draw(stage, index, rng, generator)
        canvas = batch.canvas
        noise = torch.randn(canvas.clean.shape, generator=generator).to(self.run.device)
        noisy = add_noise(canvas.clean, noise, canvas.noise_level)
        levels = canvas.noise_level if batch.kind is Canvases.REGION else canvas.noise_level[..., :1, :1]
        level = model_level(levels, noisy, self.preset.dit.patch_size)  # [B N] or [B T]
        ids = [one.to(self.run.device) for one in self._captions(batch, rng)]
        velocity = call_in(self.dtype, self.model, noisy.to(self.dtype), level, _shares(batch), *ids)
        loss = flow_loss(velocity, noise, canvas)
        loss.backward()
        norm = self.optimizer.step(scale)
        self.ema.update(self.model)
        return {"loss": float(loss.detach()), "gradient": norm}

    def _captions(self, batch: Batch, rng: random.Random) -> list[torch.Tensor]:
        """Tokenize new captions to ids [B L], for each stretch; some are empty, for classifier-free guidance.

        Those of two stretches never are: without a text nothing should change at once.
        """
        beside_clips = batch.kind in (Canvases.WINDOW, Canvases.CONNECTION)
        drop = self.config.text_drop_beside_clips if beside_clips else self.config.text_drop
        told = [batch.source.captions(batch.scenes, rng, still=batch.kind is Canvases.STILL)]
        if batch.stretches is not None:
            told.append(batch.stretches.later_captions(batch.scenes, rng))
            drop = 0.0
        dropped = [rng.random() < drop for _ in batch.scenes]
        shown = [["" if empty else text for empty, text in zip(dropped, texts, strict=True)] for texts in told]
        return [self.model.text_encoder.tokenize(texts) for texts in shown]

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed run needs; random numbers depend only on the step."""
        return {
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "tokenizer": self.model.text_encoder.tokenizer.to_json(),
            "early_steps": self.early_steps,
            "learn_text": self.learn_text,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state to resume from. Raises ValueError where only one of both runs trains the text encoder."""
        if state["learn_text"] != self.learn_text:
            raise ValueError(
                "the text encoder stays as it is in only one of both runs; resume with --keep-text as the run began"
            )
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.early_steps = state["early_steps"]
        for model in (self.model, self.ema.module):  # the tokenizer of the run's start; captions may have changed
            model.text_encoder.tokenizer = from_json(state["tokenizer"])

    def export(self, folder: Path) -> None:
        """Write the DiT, its text encoder and the VAE in half precision: a whole model folder."""
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
        vae = {name: weight.half() for name, weight in self.vae.state_dict().items()}
        save_checkpoint(files.vae, vae, kind=Kind.VAE, config=self.vae.config)

    def sheet(self, path: Path) -> None:
        """Write a sheet of held-out prompts of every source, of the EMA weights; a text beside it has them."""
        ema, source, rng = self.ema.module, self.run.sources.clips, self.run.seeds.shared(0)
        pipe = Pipeline(ema.dit, self.vae, ema.text_encoder, self.preset.fps)
        video, _ = self.preset.clips[0]
        prompts = source.captions(source.unseen(self.config.sheet_clips, video, rng), rng)
        save_sheet(generate_clips(pipe, prompts, video, seed=0)[:, :, ::4], path)
        path.with_suffix(".txt").write_text("\n".join(prompts) + "\n")
        ema.train()


def _shares(batch: Batch) -> torch.Tensor:
    """How much latent frames see of the captions of two stretches, [2 T]; of no use for other batches."""
    later = (torch.arange(batch.canvas.clean.shape[2]) >= batch.border).float()
    return torch.stack([1 - later, later])


def _is_inner_matrix(name: str) -> bool:
    """Whether Muon updates the parameter: a matrix of the DiT's blocks, where queries and keys are normalised.

    The T5's matrices are excluded: nothing bounds its products, and updates of full rank make its activations explode.
    """
    return name.startswith("dit.blocks.") and name.endswith("weight")
