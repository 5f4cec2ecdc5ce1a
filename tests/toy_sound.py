"""A toy family that makes sound with its frames: its latents are the means of the waveform over their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from headless.pack import import_from_pack

grids = import_from_pack("sora_core.canvas.sound_grid")
sounds = import_from_pack("sora_core.video.sound")
AUDIO_VAE = "the toy's audio VAE"
GRID = grids.SoundGrid(channels=2, rows=3, time_last=False, rate=10.0, lead=0.75)
RATE = 1000


@dataclass(frozen=True)
class Nested:
    """As ComfyUI's NestedTensor."""

    tensors: list[torch.Tensor]
    is_nested = True

    def unbind(self) -> list[torch.Tensor]:
        return self.tensors


@dataclass(frozen=True)
class Film:
    """A VIDEO. seconds: of its sound, in which each sample is the time at which it is heard; None is a silent film."""

    frames: torch.Tensor
    fps: float
    seconds: float | None

    def audio(self) -> dict[str, Any] | None:
        if self.seconds is None:
            return None
        return {"waveform": (torch.arange(round(RATE * self.seconds)) / RATE).view(1, 1, -1), "sample_rate": RATE}


def encode(audio_vae: Any, sound: Any) -> torch.Tensor:
    assert audio_vae == AUDIO_VAE
    made = []
    while round(GRID.start(len(made) + 1) * sound.rate) <= sound.samples:
        begin, end = (round(GRID.start(len(made) + more) * sound.rate) for more in (0, 1))
        made.append(sound.waveform[..., begin:end].mean())
    row = torch.stack(made).view(1, 1, -1, 1)
    return row.expand(GRID.shape(1, len(made))).clone()


def decode(audio_vae: Any, latents: torch.Tensor) -> Any:
    assert audio_vae == AUDIO_VAE
    samples = round(GRID.start(latents.shape[2]) * RATE)
    edges = torch.tensor([round(GRID.start(latent) * RATE) for latent in range(1, latents.shape[2] + 1)])
    heard = torch.searchsorted(edges, torch.arange(samples), right=True)
    return sounds.Sound(latents[:1, :1, heard, 0], RATE)


def teach(host: Any, monkeypatch: Any, *, always: bool = False, fps: float | None = None) -> None:
    """Make the host read films, and know the toy family. always: it makes no frames without sound. fps: its rate."""
    from dataclasses import replace

    grid = replace(GRID, fps=fps)
    recording = import_from_pack("nodes.host.protocol").Recording

    def sound_grid(vae: Any, audio_vae: Any) -> Any:
        return None if audio_vae is None and not always else grid

    methods = {
        "read_video": lambda film, *, sound=True: recording(film.frames, film.fps, film.audio(), varied=False),
        "sound_grid": sound_grid,
        "grid_of_sound": lambda latents: grid,
        "encode_sound": encode,
        "decode_sound": decode,
        "nested": Nested,
    }
    for name, method in methods.items():
        monkeypatch.setattr(host, name, method)


def heard_at(latent: int) -> float:
    """The middle of a latent's time, which its value is on a canvas that begins with a film."""
    return (GRID.start(latent) + GRID.start(latent + 1)) / 2 - 0.5 / RATE


def parts(latent: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Values and noise levels along the sound of a LATENT."""
    clean = latent["samples"].unbind()[1]
    mask = latent.get("noise_mask")
    level = torch.ones_like(clean[:, :1]) if mask is None else mask.unbind()[1]
    assert bool((level == level[:, :, :, :1]).all())
    assert bool((clean == clean[:, :1, :, :1]).all())
    return clean[0, 0, :, 0].tolist(), level[0, 0, :, 0].tolist()
