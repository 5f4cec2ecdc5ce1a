"""The sound in a LATENT: beside its frames as LTX-2 and MiniMax-H3 have it, nested in ComfyUI's way."""

from __future__ import annotations

import torch

from ...sora_core.canvas.joint_canvas import JointCanvas, SoundCanvas
from ...sora_core.canvas.sound_grid import SoundGrid
from .. import host
from ..host.streams import Stream
from .adapters import FRACTIONS_ARE_LEVELS, Latent, latent_samples, one_channel, parts_of, share_of, video_latent


def sound_samples(latent: Latent) -> torch.Tensor | None:
    """Sound [B C L R] or [B C R L] of a LATENT; None for frames alone."""
    latent_samples(latent)  # raises for what is neither
    parts = parts_of(latent["samples"])
    return parts[1] if len(parts) > 1 else None


def sound_noise_level(latent: Latent) -> torch.Tensor:
    """Noise level [B 1 ...] of the sound of a LATENT, as latent_noise_level has that of its frames.

    Raises ValueError for a mask that does not broadcast to the sound, and for one whose channels differ.
    """
    samples = sound_samples(latent)
    assert samples is not None
    mask = latent.get("noise_mask")
    masks = [] if mask is None else parts_of(mask)
    wanted = (samples.shape[0], 1, *samples.shape[2:])
    if len(masks) < 2:
        return torch.ones(wanted)
    level = one_channel(masks[1], samples.shape[1])
    if level.ndim != 4 or any(got not in (1, size) for got, size in zip(level.shape, wanted, strict=True)):
        raise ValueError(
            f"got a noise_mask of shape {tuple(masks[1].shape)} for sound, expected {wanted} like the latent, or 1 "
            "along an axis that it broadcasts over"
        )
    return level.expand(wanted)


def sound_stream(latent: Latent) -> Stream | None:
    """The sound of a LATENT as a job samples it; None for frames alone."""
    samples = sound_samples(latent)
    if samples is None:
        return None
    level = sound_noise_level(latent)
    return Stream(samples, level).blended(share_of(latent, level))


def sound_canvas(latent: Latent) -> SoundCanvas | None:
    """The sound of a LATENT as a canvas; None for frames alone."""
    samples = sound_samples(latent)
    return None if samples is None else SoundCanvas(samples, sound_noise_level(latent).to(samples))


def check_lasts(grid: SoundGrid, length: int, frames: int, fps: float) -> None:
    """Raise ValueError unless sound of `length` latents lasts as long as `frames` at this rate, but for rounding."""
    if grid.fps not in (None, fps) or not _last_alike(grid, length, frames / fps):
        right = grid.fps or frames * grid.rate / length
        if _last_alike(grid, length, frames / max(1, round(right))):
            right = round(right)
        raise ValueError(
            f"got {frames} frames at {fps:g} fps, which last {frames / fps:.3g} s, and {length / grid.rate:.3g} s of "
            f"sound, expected the rate that the canvas was made for: set fps to {right:.4g}"
        )


def _last_alike(grid: SoundGrid, length: int, seconds: float) -> bool:
    return abs(length - grid.length(seconds)) <= 1


def joint_latent(canvas: JointCanvas) -> Latent:
    """A canvas of frames and sound as LATENT; without a noise_mask where the noise level of both is 1 everywhere."""
    nested, sound = host.current().nested, canvas.sound
    picture = video_latent(canvas.picture)
    latent: Latent = {**picture, "samples": nested([picture["samples"], sound.clean])}
    if "noise_mask" not in picture and bool((sound.noise_level == 1).all()):
        return latent
    latent["noise_mask"] = nested([canvas.picture.noise_level, sound.noise_level])
    is_fraction = (sound.noise_level > 0) & (sound.noise_level < 1)
    return {**latent, FRACTIONS_ARE_LEVELS: True} if bool(is_fraction.any()) else latent
