"""Named sizes. `nano` is the bundled model, trained on the procedural world by the commands in docs/experiments."""

from __future__ import annotations

from dataclasses import dataclass

from ..canvas.shapes import VideoShape
from .wan.dit import DiTConfig
from .wan.text_encoder import TextEncoderConfig
from .wan.vae import VAEConfig


@dataclass(frozen=True)
class Preset:
    """Everything that is needed to train a model of a certain size.

    clips: shapes that training draws from, with weights; all are whole numbers of VAE chunks and DiT patches.
    """

    vae: VAEConfig
    dit: DiTConfig
    text_encoder: TextEncoderConfig
    fps: float
    clips: tuple[tuple[VideoShape, float], ...]


NANO = Preset(
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
    dit=DiTConfig(dim=256, ffn_dim=1024, num_heads=4, num_layers=6, text_dim=128, pooled_text=True),
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
"""7.0M DiT, 6.3M VAE, 0.6M text encoder: 28 MB in half precision. 2 s of 64x64 take a few seconds on a laptop CPU."""
