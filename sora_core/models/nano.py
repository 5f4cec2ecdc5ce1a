"""Presets of model sizes: `nano` is the bundled model. docs/experiments/ has the commands that trained it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..canvas.shapes import VideoShape
from .wan.dit import DiTConfig
from .wan.text_encoder import TextEncoderConfig
from .wan.vae import VAEConfig


@dataclass(frozen=True)
class Preset:
    """Configs and clip shapes to train a model of one size.

    fps: frames per second of all clips.
    clips: clip shapes with their sampling weights; each shape is a whole number of VAE chunks and DiT patches.
    """

    vae: VAEConfig
    dit: DiTConfig
    text_encoder: TextEncoderConfig
    fps: float
    clips: tuple[tuple[VideoShape, float], ...]


NANO_64 = Preset(
    vae=VAEConfig(
        dim=24,
        decoder_dim=32,
        z_dim=16,
        dim_mult=(1, 2, 4),
        num_res_blocks=1,
        temporal_downsample=(True, True),
        patch_size=2,
        shortcuts=True,
    ),
    dit=DiTConfig(
        dim=256,
        ffn_dim=1024,
        num_heads=4,
        num_layers=6,
        text_dim=128,
        pooled_text=True,
        per_token_timesteps=True,
    ),
    text_encoder=TextEncoderConfig(dim=128),
    fps=8.0,
    clips=(
        (VideoShape(17, 64, 64), 4.0),
        (VideoShape(17, 48, 80), 2.0),
        (VideoShape(17, 80, 48), 2.0),
        (VideoShape(33, 64, 64), 1.5),
        (VideoShape(33, 48, 80), 1.0),
        (VideoShape(33, 80, 48), 1.0),
        (VideoShape(49, 64, 64), 1.0),
    ),
)
"""Frames of 64x64 for the flat world alone: less to learn, for experiments."""

NANO = replace(
    NANO_64,
    vae=replace(NANO_64.vae, dim=32, decoder_dim=48, z_dim=48, dim_mult=(1, 2, 2), patch_size=4),
    dit=replace(NANO_64.dit, in_channels=48, out_channels=48, clean_prediction=True),
    text_encoder=replace(NANO_64.text_encoder, vocab_size=1024),
    clips=tuple(
        (video._replace(height=2 * video.height, width=2 * video.width), weight) for video, weight in NANO_64.clips
    ),
)
"""Frames of twice the size for the same number of tokens: the VAE compresses 4x16x16, to 48 channels as Wan 2.2's.

7.2M parameters of DiT, 5.0M of VAE, 0.7M of text encoder: 26 MB in half precision. A clip of 2 s at 128x128 takes a few
seconds on a laptop CPU.
"""
