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
from ..models.wan.vae.losses import sample_latents, vae_loss
from ..pipeline import ModelFolder
from .clip_pool import ClipPool, from_bytes, pick, to_bytes
from .clip_source import TrainingSources
from .config import Curriculum, VAETrainConfig
from .ema import EMA
from .optimizer import MuonAdamW
from .precision import call_in, training_dtype
from .seeds import Seeds
from .sheets import save_sheet
from .slots import PoolFolder, Slots

OUTER_LAYERS = ("encoder.conv1", "decoder.conv1", "vae.conv1", "vae.conv2", "head.2")


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


@dataclass(frozen=True)
class VAERun:
    """What a VAE is trained on, how, and where.

    pool: the folder of the rendered clips; None for memory.
    """

    preset: Preset
    sources: TrainingSources
    config: VAETrainConfig
    device: torch.device
    seed: int
    pool: PoolFolder | None = None


class VAETask:
    """Trains a VAE; a step is one batch of clips of one shape. See loop.Task."""

    def __init__(self, run: VAERun, vae: VideoVAE, curriculum: Curriculum) -> None:
        config = run.config
        self.run, self.curriculum = run, curriculum
        self.dtype = training_dtype(run.device)
        self.model = _Autoencoder(vae).to(run.device)
        self.ema = EMA(self.model, config.ema_decay)
        self.optimizer = MuonAdamW(
            self.model.named_parameters(),
            is_hidden=lambda name: not any(layer in name for layer in OUTER_LAYERS),
            muon_rate=config.muon_rate,
            adam_rate=config.adam_rate,
        )
        self.seeds = Seeds(run.seed)
        self.source = run.sources.with_transitions(config.transition_share)
        self.pools = self._pools()

    def _pools(self) -> list[tuple[ClipPool[Any], float]]:
        """Make a pool of the longest clips for each size of a frame, with its weight."""
        weights: dict[VideoShape, float] = {}
        for video, weight in self.run.preset.clips:
            longest = video._replace(frames=self.curriculum.longest)
            weights[longest] = weights.get(longest, 0.0) + weight
        pools: list[tuple[ClipPool[Any], float]] = []
        for video, weight in weights.items():
            name = f"clips-{video.frames}x{video.height}x{video.width}"
            refresh = self.run.config.pool.scaled(weight / sum(weights.values()))
            slots = Slots(refresh.capacity, (3, *video), torch.uint8, folder=self.run.pool, name=name)
            pool = ClipPool(self.source, video, to_bytes, slots=slots, refresh=refresh, seeds=self.seeds)
            pools.append((pool, weight))
        return pools

    @classmethod
    def fresh(cls, run: VAERun) -> VAETask:
        """Train a new VAE."""
        torch.manual_seed(run.seed)
        vae = VideoVAE(run.preset.vae)
        assert vae.conv1.bias is not None
        nn.init.constant_(vae.conv1.bias[run.preset.vae.z_dim :], run.config.first_log_variance)
        return cls(run, vae, run.config.from_scratch)

    @classmethod
    def further(cls, run: VAERun, vae: VideoVAE) -> VAETask:
        """Train a trained VAE further. Its latents change a little, so a DiT must be trained further too.

        The latent statistics in its config stay the same.
        """
        return cls(run, vae, run.config.further)

    @classmethod
    def of_decoder(cls, run: VAERun, vae: VideoVAE) -> VAETask:
        """Train only the decoder of a trained VAE: its latents do not change, so its DiT stays valid."""
        for part in (vae.encoder, vae.conv1):
            part.requires_grad_(False)
        return cls(run, vae, run.config.of_decoder)

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """See loop.Task."""
        rng = self.seeds.step(index)
        pixels = self._pixels(index, rng).to(self.run.device)
        output, mean, log_variance = (
            x.float() for x in call_in(self.dtype, self.model, pixels.to(self.dtype), self._generator(rng))
        )
        loss = vae_loss(output, pixels, mean=mean, log_variance=log_variance, weights=self.run.config.loss)
        loss.backward()
        norm = self.optimizer.step(scale * self.curriculum.rate)
        self.ema.update(self.model)
        return {"loss": float(loss.detach()), "psnr": psnr(output.detach(), pixels), "gradient": norm}

    def _pixels(self, index: int, rng: random.Random) -> torch.Tensor:
        """Cut a batch [B 3 F H W] of one length from clips of the pool, each from anywhere in its clip."""
        pool = pick(self.pools, rng)
        frames = rng.choice(self.curriculum.short if index < self.curriculum.short_steps else self.curriculum.long)
        _, clips = pool.draw(max(1, self.run.config.frames_per_step // frames), index, rng)
        firsts = [rng.randint(0, pool.video.frames - frames) for _ in clips]
        parts = [clip[:, first : first + frames] for clip, first in zip(clips, firsts, strict=True)]
        return from_bytes(torch.stack(parts))

    def _generator(self, rng: random.Random) -> torch.Generator:
        return torch.Generator(self.run.device).manual_seed(rng.getrandbits(63))

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
    def _with_statistics(self, vae_config: VAEConfig) -> VAEConfig:
        """Return the config with mean and standard deviation of each latent channel, measured on training clips."""
        means = []
        preset, config = self.run.preset, self.run.config
        for index in range(config.statistics_batches):
            video, _ = preset.clips[index % len(preset.clips)]
            scenes = self.source.draw(config.statistics_clips, video, self.seeds.step(-1 - index))
            pixels = self.source.render(scenes, video)
            means.append(self.ema_vae.encode_moments(pixels)[0].transpose(0, 1).flatten(1))
        values = torch.cat(means, dim=1)  # [C all]
        return dataclasses.replace(
            vae_config,
            latent_mean=tuple(round(x, 5) for x in values.mean(dim=1).tolist()),
            latent_std=tuple(round(x, 5) for x in values.std(dim=1).tolist()),
        )

    @torch.inference_mode()
    def sheet(self, path: Path) -> None:
        """Write a sheet of held-out clips of every source, each above its reconstruction."""
        video, _ = self.run.preset.clips[0]
        source = self.run.sources.clips
        pixels = source.render(source.unseen(self.run.config.sheet_clips, video, self.seeds.step(0)), video)
        output = self.ema_vae.decode_raw(self.ema_vae.encode_moments(pixels)[0])
        save_sheet(torch.stack([pixels, output], dim=1).flatten(0, 1)[:, :, ::4], path)
