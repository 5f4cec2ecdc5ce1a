"""VAETask: trains the video VAE on rendered clips, without a pretrained perceptual network."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..canvas.shapes import VideoShape
from ..checkpoint import Kind, save_checkpoint
from ..evals.reconstruction import psnr
from ..models.wan.vae import VAEConfig, VideoVAE
from ..models.wan.vae.losses import sample_latents, vae_loss
from ..pipeline import ModelFolder
from .clip_pool import ClipPool, from_bytes, pick, to_bytes
from .config import Curriculum
from .ema import EMA
from .optimizer import MuonAdamW
from .precision import call_in, training_dtype
from .run import Kept, Run
from .sheets import save_sheet

OUTER_LAYERS = ("encoder.conv1", "decoder.conv1", "vae.conv1", "vae.conv2", "head.2")


class _Autoencoder(nn.Module):
    """Maps pixels to (reconstruction, mean, log variance) in one call, for precision.call_in."""

    def __init__(self, vae: VideoVAE, latent_noise: float) -> None:
        super().__init__()
        self.vae, self.latent_noise = vae, latent_noise

    def forward(
        self, pixels: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        mean, log_variance = self.vae.encode_moments(pixels)
        latents = sample_latents(mean, log_variance, generator)
        if self.latent_noise:
            latents = latents + self._noise(mean.detach().float(), generator).to(latents)
        return self.vae.decode_raw(latents), mean, log_variance

    def _noise(self, latents: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Draw noise in proportion to each channel's standard deviation: [B C T H W] -> same."""
        share = torch.rand(len(latents), 1, 1, 1, 1, generator=generator, device=latents.device)
        spread = latents.std(dim=(0, 2, 3, 4), keepdim=True)
        noise = torch.randn(latents.shape, generator=generator, device=latents.device)
        return self.latent_noise * share * spread * noise


class VAETask:
    """Trains a VAE; a step is one batch of clips of one shape. See loop.Task."""

    def __init__(self, run: Run, vae: VideoVAE, curriculum: Curriculum) -> None:
        config = run.config.vae
        self.run, self.config, self.curriculum = run, config, curriculum
        self.dtype = training_dtype(run.device)
        self.model = _Autoencoder(vae, config.latent_noise).to(run.device)
        self.ema = EMA(self.model, config.ema_decay)
        self.optimizer = MuonAdamW(
            self.model.named_parameters(),
            is_hidden=lambda name: not any(layer in name for layer in OUTER_LAYERS),
            muon_rate=config.muon_rate,
            adam_rate=config.adam_rate,
        )
        self.source = run.sources.with_transitions(config.transition_share)
        self.pools = self._pools()
        self.new_statistics = False

    def _pools(self) -> list[tuple[ClipPool[Any], float]]:
        """Make a pool of the longest clips for each size of a frame, with its weight."""
        weights: dict[VideoShape, float] = {}
        for video, weight in self.run.config.preset.clips:
            longest = video._replace(frames=self.curriculum.longest)
            weights[longest] = weights.get(longest, 0.0) + weight
        pools: list[tuple[ClipPool[Any], float]] = []
        for video, weight in weights.items():
            kept = Kept("clips", to_bytes, (3, *video), torch.uint8, f", transitions {self.config.transition_share:g}")
            refresh = self.config.pool.scaled(weight / sum(weights.values()))
            pools.append((self.run.clip_pool(self.source, video, kept, refresh), weight))
        return pools

    @classmethod
    def fresh(cls, run: Run) -> VAETask:
        """Train a new VAE."""
        torch.manual_seed(run.seed)
        vae = VideoVAE(run.config.preset.vae)
        assert vae.conv1.bias is not None
        nn.init.constant_(vae.conv1.bias[run.config.preset.vae.z_dim :], run.config.vae.first_log_variance)
        return cls(run, vae, run.config.vae.from_scratch)

    @classmethod
    def further(cls, run: Run, vae: VideoVAE, *, new_statistics: bool = False) -> VAETask:
        """Train a trained VAE further. Its latents change, so a DiT must be trained further too.

        new_statistics: measure the latent statistics of its config anew at the end, for a VAE that has no DiT yet. They
            stay the same without it: a DiT that is trained further knows latents at their scale.
        """
        task = cls(run, vae, run.config.vae.further)
        task.new_statistics = new_statistics
        return task

    @classmethod
    def of_decoder(cls, run: Run, vae: VideoVAE) -> VAETask:
        """Train only the decoder of a trained VAE: its latents do not change, so its DiT stays valid."""
        for part in (vae.encoder, vae.conv1):
            part.requires_grad_(False)
        return cls(run, vae, run.config.vae.of_decoder)

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """See loop.Task."""
        rng = self.run.seeds.step(index)
        pixels = self._pixels(index, rng).to(self.run.device)
        output, mean, log_variance = (
            x.float() for x in call_in(self.dtype, self.model, pixels.to(self.dtype), self._generator(rng))
        )
        loss = vae_loss(output, pixels, mean=mean, log_variance=log_variance, weights=self.config.loss)
        loss.backward()
        norm = self.optimizer.step(scale * self.curriculum.rate)
        self.ema.update(self.model)
        return {"loss": float(loss.detach()), "psnr": psnr(output.detach(), pixels), "gradient": norm}

    def _pixels(self, index: int, rng: random.Random) -> torch.Tensor:
        """Cut a batch [B 3 F H W] of one shape from clips of the pool, each from anywhere in its clip."""
        pool = pick(self.pools, rng)
        curriculum, (longest, height, width) = self.curriculum, pool.video
        is_short = index < curriculum.short_steps
        frames = rng.choice(curriculum.short if is_short else curriculum.long)
        crop = curriculum.crop if is_short and curriculum.crop else max(height, width)
        high, wide = min(crop, height), min(crop, width)
        count = self.config.frames_per_step * height * width // (frames * high * wide)
        cell, parts = self.model.vae.compression.height, []
        for clip in pool.draw(max(1, count), index, rng)[1]:
            first = rng.randint(0, longest - frames)
            top, left = (cell * rng.randint(0, room // cell) for room in (height - high, width - wide))
            parts.append(clip[:, first : first + frames, top : top + high, left : left + wide])
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
        if config.latent_std is None or self.new_statistics:
            config = self._with_statistics(config)
        weights = {name: weight.half() for name, weight in self.ema_vae.state_dict().items()}
        save_checkpoint(ModelFolder(folder).vae, weights, kind=Kind.VAE, config=config)

    @torch.inference_mode()
    def _with_statistics(self, vae_config: VAEConfig) -> VAEConfig:
        """Return the config with mean and standard deviation of each latent channel, measured on training clips."""
        means = []
        preset, config = self.run.config.preset, self.config
        for index in range(config.statistics_batches):
            video, _ = preset.clips[index % len(preset.clips)]
            scenes = self.source.draw(config.statistics_clips, video, self.run.seeds.step(-1 - index))
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
        video, _ = self.run.config.preset.clips[0]
        source = self.run.sources.clips
        pixels = source.render(source.unseen(self.config.sheet_clips, video, self.run.seeds.step(0)), video)
        output = self.ema_vae.decode_raw(self.ema_vae.encode_moments(pixels)[0])
        save_sheet(torch.stack([pixels, output], dim=1).flatten(0, 1)[:, :, ::4], path)
