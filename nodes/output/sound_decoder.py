"""Decodes the sound of latents for a video file, as long as its frames."""

from __future__ import annotations

from typing import Any

from ...sora_core.video.sound import Sound
from .. import host
from ..io.adapters import Latent, latent_samples
from ..io.carried_sound import carried
from ..io.sound_latents import check_lasts, sound_samples
from ..io.source import sound_of

LEFT_OUT = "No sound in the file: connect the audio VAE here."


def sound_for(
    audio: dict[str, Any] | None, latent: Latent, audio_vae: Any | None, fps: float, turn: int, total: int
) -> Sound | None:
    """Sound of a file: AUDIO as long as its `turn` frames, or what decoded_sound gives. Raises ValueError for both."""
    if audio is None:
        return decoded_sound(latent, audio_vae, fps, turn, total)
    if audio_vae is not None:
        raise ValueError("got audio and an audio VAE, expected one: disconnect the one whose sound is not wanted")
    sound = sound_of(audio)
    return sound and sound.lasting(turn / fps)


def decoded_sound(latent: Latent, audio_vae: Any | None, fps: float, turn: int, total: int) -> Sound | None:
    """Sound of the `turn` frames that are shown of `total` decoded ones; without an audio VAE that of their sources.

    Raises ValueError for latents of frames alone, and where sound and frames do not last equally long at this rate.
    """
    if audio_vae is None:
        sound, _ = carried(latent, latent_samples(latent).shape[2], fps)
        return None if sound is None or sound_samples(latent) is not None else _shown(sound, fps, turn, total)
    latents = sound_samples(latent)
    if latents is None:
        raise ValueError(
            "got an audio VAE for latents of frames alone, expected latents with sound: connect the audio VAE to the "
            "node that made the canvas too"
        )
    grid = host.current().grid_of_sound(latents)
    check_lasts(grid, latents.shape[grid.axis], total, fps)
    return _shown(host.current().decode_sound(audio_vae, latents), fps, turn, total)


def _shown(sound: Sound, fps: float, turn: int, total: int) -> Sound:
    whole = sound.lasting(total / fps)
    return whole if turn == total else whole.looped(turn / fps, (total - turn) / fps)


def left_out(latent: Latent, audio_vae: Any | None, fps: float) -> str:
    """The notice about sound that does not get into the file; "" where there is none."""
    if audio_vae is None and sound_samples(latent) is not None:
        return LEFT_OUT
    return "" if audio_vae is not None else carried(latent, latent_samples(latent).shape[2], fps)[1]
