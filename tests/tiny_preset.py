"""Sizes of the model of tiny.py as a preset, to be trained for a few steps."""

from __future__ import annotations

from dataclasses import replace

from sora_core.canvas.shapes import VideoShape
from sora_core.models.nano import Preset
from sora_core.models.wan.text_encoder import TextEncoderConfig
from tiny import tiny_dit, tiny_vae


def tiny_preset() -> Preset:
    return Preset(
        vae=tiny_vae().config,
        dit=replace(tiny_dit().config, text_dim=16),
        text_encoder=TextEncoderConfig(vocab_size=640, dim=16, ffn_dim=32, num_heads=2, num_layers=1, max_tokens=48),
        fps=8.0,
        clips=((VideoShape(5, 16, 32), 1.0), (VideoShape(9, 32, 16), 1.0)),
    )
