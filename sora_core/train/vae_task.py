"""VAETask: trains the video VAE on rendered clips, without a pretrained perceptual network."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..canvas.shapes import VideoShape
from ..checkpoint import Kind, save_checkpoint
from ..evals.reconstruction import psnr
from ..models.nano import Preset
from ..models.wan.vae import VAEConfig, VideoVAE
from ..models.wan.vae.losses import VAELossWeights, sample_latents, vae_loss
from ..pipeline import ModelFolder
from .data import WorldClips
from .ema import EMA
from .optimizer import MuonAdamW
from .precision import call_in, training_dtype
from .sheets import save_sheet

FRAMES_PER_STEP = 51  # in each process
MUON_RATE, ADAM_RATE = 0.006, 1e-3
WEIGHTS = VAELossWeights(squared=4.0, edges=0.1, changes=1.0, kl=2e-8)
FIRST_LOG_VARIANCE = -6.0  # initial log variance; with 0 the latents would drown in noise for the first thousand steps
OUTER_LAYERS = ("encoder.conv1", "decoder.conv1", "vae.conv1", "vae.conv2", "head.2")
STATISTICS_BATCHES = 16
RICHER_SHARE = 0.5  # share of scenes; plain ones are learnt quickly
TRANSITIONS = 0.4  # share of steps with clips that are long enough for one


@dataclass(frozen=True)
class Curriculum:
    """Lengths of the training clips, and the learning rate.

    short_steps: number of steps with lengths from `short`; more scenes per step teach colours and outlines sooner.
    short, long: lengths in frames, drawn uniformly; without long clips colours drift along a clip.
    rate: factor on the learning rates.
    """

    short_steps: int
    short: tuple[int, ...]
    long: tuple[int, ...]
    rate: float


FROM_SCRATCH = Curriculum(1000, (5, 5, 5, 5, 9, 17), (5, 9, 17, 17), rate=1.0)
FURTHER = Curriculum(0, (), (5, 9, 17, 33), rate=0.5)
OF_DECODER = Curriculum(0, (), (9, 17, 17, 33), rate=0.4)


class _Autoencoder(nn.Module):
    """Maps pixels to (reconstruction, mean, log variance) in one call, for precision.call_in."""

    def __init__(self, vae: VideoVAE) -> None:
        super().__init__()
        self.vae = vae

    def forward(
        self, pixels: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        mean, log_variance = self.vae.encode_moments(pixels)
        return self.vae.decode_raw(sample_latents(mean, log_variance, generator)), mean, log_variance


class VAETask:
    """Trains a VAE; a step is one batch of clips of one shape. See loop.Task."""

    def __init__(
        self, preset: Preset, vae: VideoVAE, curriculum: Curriculum, *, device: torch.device, seed: int
    ) -> None:
        self.preset = preset
        self.curriculum = curriculum
        self.device = device
        self.dtype = training_dtype(device)
        self.clips = WorldClips(preset.fps, seed, device, RICHER_SHARE)
        self.model = _Autoencoder(vae).to(device)
        self.ema = EMA(self.model, 0.998)
        self.optimizer = MuonAdamW(
            self.model.named_parameters(),
            is_hidden=lambda name: not any(layer in name for layer in OUTER_LAYERS),
            muon_rate=MUON_RATE,
            adam_rate=ADAM_RATE,
        )

    @classmethod
    def fresh(cls, preset: Preset, *, device: torch.device, seed: int) -> VAETask:
        """Train a new VAE."""
        torch.manual_seed(seed)
        vae = VideoVAE(preset.vae)
        assert vae.conv1.bias is not None
        nn.init.constant_(vae.conv1.bias[preset.vae.z_dim :], FIRST_LOG_VARIANCE)
        return cls(preset, vae, FROM_SCRATCH, device=device, seed=seed)

    @classmethod
    def further(cls, preset: Preset, vae: VideoVAE, *, device: torch.device, seed: int) -> VAETask:
        """Train a trained VAE further. Its latents change a little, so a DiT must be trained further too.

        The latent statistics in its config stay the same.
        """
        return cls(preset, vae, FURTHER, device=device, seed=seed)

    @classmethod
    def of_decoder(cls, preset: Preset, vae: VideoVAE, *, device: torch.device, seed: int) -> VAETask:
        """Train only the decoder of a trained VAE: its latents do not change, so its DiT stays valid."""
        for part in (vae.encoder, vae.conv1):
            part.requires_grad_(False)
        return cls(preset, vae, OF_DECODER, device=device, seed=seed)

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """See loop.Task."""
        rng = self.clips.rng(index)
        shape, _ = rng.choice(self.preset.clips)
        frames = rng.choice(self.curriculum.short if index < self.curriculum.short_steps else self.curriculum.long)
        pixels = self._pixels(shape._replace(frames=frames), rng)
        output, mean, log_variance = (
            x.float() for x in call_in(self.dtype, self.model, pixels.to(self.dtype), self._generator(rng))
        )
        loss = vae_loss(output, pixels, mean=mean, log_variance=log_variance, weights=WEIGHTS)
        loss.backward()
        norm = self.optimizer.step(scale * self.curriculum.rate)
        self.ema.update(self.model)
        return {"loss": float(loss.detach()), "psnr": psnr(output.detach(), pixels), "gradient": norm}

    def _pixels(self, video: VideoShape, rng: random.Random) -> torch.Tensor:
        """Draw clips [B 3 F H W]: scenes, or transitions, which have colours between those of the world."""
        count, time = FRAMES_PER_STEP // video.frames, self.model.vae.compression.time
        if video.frames > 3 * time and rng.random() < TRANSITIONS:
            return self.clips.connections(count, video, rng, step=time)[1]
        return self.clips.draw(count, video, rng)[1]

    def _generator(self, rng: random.Random) -> torch.Generator:
        return torch.Generator(self.device).manual_seed(rng.getrandbits(63))

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed run needs; random numbers depend only on the step."""
        return {
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state to resume from."""
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])

    @property
    def ema_vae(self) -> VideoVAE:
        """The VAE with EMA weights, which is exported."""
        return self.ema.module.vae

    def export(self, folder: Path) -> None:
        """Write vae.safetensors in half precision, with the latent statistics in its config."""
        config = self.ema_vae.config
        if config.latent_std is None:
            config = self._with_statistics(config)
        weights = {name: weight.half() for name, weight in self.ema_vae.state_dict().items()}
        save_checkpoint(ModelFolder(folder).vae, weights, kind=Kind.VAE, config=config)

    @torch.inference_mode()
    def _with_statistics(self, config: VAEConfig) -> VAEConfig:
        """Return the config with mean and standard deviation of each latent channel, measured on training clips."""
        means = []
        for index in range(STATISTICS_BATCHES):
            shape, _ = self.preset.clips[index % len(self.preset.clips)]
            _, pixels = self.clips.draw(8, shape, self.clips.rng(-1 - index))
            means.append(self.ema_vae.encode_moments(pixels)[0].transpose(0, 1).flatten(1))
        values = torch.cat(means, dim=1)  # [C all]
        return dataclasses.replace(
            config,
            latent_mean=tuple(round(x, 5) for x in values.mean(dim=1).tolist()),
            latent_std=tuple(round(x, 5) for x in values.std(dim=1).tolist()),
        )

    @torch.inference_mode()
    def sheet(self, path: Path) -> None:
        """Write a sheet of held-out clips, each above its reconstruction."""
        pixels = self.clips.unseen(4, VideoShape(17, 64, 64), self.clips.rng(0))
        output = self.ema_vae.decode_raw(self.ema_vae.encode_moments(pixels)[0])
        save_sheet(torch.stack([pixels, output], dim=1).flatten(0, 1)[:, :, ::4], path)
