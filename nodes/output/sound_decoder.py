"""Decodes the sound of latents for a video file, as long as its frames."""

from __future__ import annotations

from typing import Any

from ...sora_core.video.sound import Sound
from .. import host
from ..io.adapters import Latent
from ..io.sound_latents import check_lasts, sound_samples

LEFT_OUT = "The latent holds sound too, which the file does not get: connect the audio VAE to this node."


def decoded_sound(latent: Latent, audio_vae: Any | None, fps: float, turn: int, total: int) -> Sound | None:
    """Sound of the `turn` frames that are shown of `total` decoded ones; None without an audio VAE.

    Raises ValueError for latents of frames alone, and where sound and frames do not last equally long at this rate.
    """
    if audio_vae is None:
        return None
    latents = sound_samples(latent)
    if latents is None:
        raise ValueError(
            "got an audio VAE for latents of frames alone, expected latents with sound: connect the audio VAE to the "
            "node that made the canvas too"
        )
    grid = host.current().grid_of_sound(latents)
    check_lasts(grid, latents.shape[grid.axis], total, fps)
    sound = host.current().decode_sound(audio_vae, latents).lasting(total / fps)
    return sound if turn == total else sound.looped(turn / fps, (total - turn) / fps)


def left_out(latent: Latent, audio_vae: Any | None) -> str:
    """The notice about sound that is not decoded; "" where there is none."""
    return LEFT_OUT if audio_vae is None and sound_samples(latent) is not None else ""
