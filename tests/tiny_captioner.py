"""A captioner of a few thousand random weights beside the tiny model, and one that was taught a few captions."""

from __future__ import annotations

from pathlib import Path

import torch

from sora_core.checkpoint import Kind, load_text_encoder, load_vae, save_checkpoint
from sora_core.models.captioner import Captioner, CaptionerConfig
from sora_core.models.wan.vae import VideoVAE
from tiny import save_tiny_model

BLACK = "a red circle moves right on a black background"
WHITE = "a blue square moves left on a white background"
SIDE, FRAMES = 64, 17
STEPS = 60


def clip_of(colour: tuple[int, int, int], frames: int = FRAMES, height: int = SIDE, width: int = SIDE) -> torch.Tensor:
    """A clip of one colour, uint8 [F H W 3]."""
    return torch.tensor(colour, dtype=torch.uint8).expand(frames, height, width, 3)


def save_captioner(folder: Path, *captions: str, channels: int = 4, **metadata: str) -> Path:
    """Write captioner.safetensors into the folder of a tiny model: it says the captions of black and of white clips.

    Without captions its weights are random. metadata: more of the file's.
    """
    torch.manual_seed(0)
    tokenizer = load_text_encoder(folder / "text_encoder.safetensors").tokenizer
    config = CaptionerConfig(channels, 320, 24, 48, 2, 1, 1, max_tokens=32)
    captioner = Captioner(config, tokenizer)
    if captions:
        _teach(captioner, load_vae(folder / "vae.safetensors"), list(captions))
    path = folder / "captioner.safetensors"
    words = {"sora_tokenizer": tokenizer.to_json(), "sora_fps": "8", **metadata}
    save_checkpoint(path, captioner, kind=Kind.CAPTIONER, config=config, extra=words)
    return path


def save_captioned_model(folder: Path, *captions: str) -> Path:
    """A whole tiny model with a captioner; returns the folder."""
    save_captioner(save_tiny_model(folder), *captions)
    return folder


def _teach(captioner: Captioner, vae: VideoVAE, captions: list[str]) -> None:
    shades = [clip_of((255 * place,) * 3) for place in range(len(captions))]
    pixels = torch.stack(shades).movedim(-1, 1).float() / 127.5 - 1
    with torch.no_grad():
        latents = vae.encode(pixels)
    ids = captioner.tokenize(captions)
    optimizer = torch.optim.AdamW(captioner.parameters(), lr=1e-2)
    for _ in range(STEPS):
        logits = captioner(latents, ids)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
