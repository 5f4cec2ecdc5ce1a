"""A complete text-to-video model of a few thousand random weights: the real classes, saved as real checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import Kind, save_checkpoint
from sora_core.models.trained_on import clips_metadata, words_metadata
from sora_core.models.wan.dit import DiTConfig, VideoDiT
from sora_core.models.wan.text_encoder import TextEncoder, TextEncoderConfig, train_tokenizer
from sora_core.models.wan.vae import VAEConfig, VideoVAE

FPS = 8.0
PROMPT = "a red circle moves right on a black background"
CAPTIONS = [PROMPT, "a blue square moves left"]
M = TypeVar("M", bound=torch.nn.Module)


def tiny_dit() -> VideoDiT:
    return _randomised(
        VideoDiT(
            DiTConfig(
                in_channels=4,
                out_channels=4,
                dim=32,
                ffn_dim=64,
                num_heads=2,
                num_layers=2,
                text_dim=16,
                freq_dim=32,
                pooled_text=True,
                per_token_timesteps=True,
            )
        )
    )


def tiny_vae() -> VideoVAE:
    """4x8x8, as that of the bundled model."""
    return _randomised(
        VideoVAE(
            VAEConfig(
                dim=8,
                decoder_dim=8,
                z_dim=4,
                dim_mult=(1, 1, 1),
                num_res_blocks=1,
                temporal_downsample=(True, True),
                patch_size=2,
                shortcuts=True,
            )
        )
    )


def tiny_text_encoder() -> TextEncoder:
    config = TextEncoderConfig(vocab_size=320, dim=16, ffn_dim=32, num_heads=2, num_layers=1, max_tokens=16)
    return _randomised(TextEncoder(config, train_tokenizer(CAPTIONS, config.vocab_size)))


def save_tiny_model(
    folder: Path, *, words: Mapping[str, str] | None = None, clips: Mapping[str, str] | None = None
) -> Path:
    """Write dit, vae and text_encoder.safetensors into an existing folder; returns the folder.

    words, clips: metadata on training, of the text encoder and of the DiT; by default the files have none.
    """
    dit, vae, encoder = tiny_dit(), tiny_vae(), tiny_text_encoder()
    fps = {"sora_fps": f"{FPS:g}"}
    save_checkpoint(folder / "dit.safetensors", dit, kind=Kind.DIT, config=dit.config, extra=fps | dict(clips or {}))
    save_checkpoint(folder / "vae.safetensors", vae, kind=Kind.VAE, config=vae.config)
    save_checkpoint(
        folder / "text_encoder.safetensors",
        encoder,
        kind=Kind.TEXT_ENCODER,
        config=encoder.config,
        extra={"sora_tokenizer": encoder.tokenizer.to_json()} | dict(words or {}),
    )
    return folder


def save_taught_model(folder: Path) -> Path:
    """As save_tiny_model, with files that say: trained on CAPTIONS and on clips of 17 frames of 32x32."""
    return save_tiny_model(folder, words=words_metadata(CAPTIONS), clips=clips_metadata([VideoShape(17, 32, 32)]))


def _randomised(module: M) -> M:
    """The module with the same random weights every time: fresh ones begin as the identity, which tests nothing."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            scale = 0.3 if parameter.ndim < 2 else parameter[0].numel() ** -0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    return module.eval()
