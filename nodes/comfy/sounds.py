"""ComfyUI's families that make sound with their frames: the MODEL, VAE and audio VAE of each, and their codec."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from ...sora_core.canvas.sound_grid import SoundCuts, SoundGrid
from ...sora_core.canvas.time_grid import CausalGrid, FormulaGrid, TimeGrid
from ...sora_core.video.sound import Sound
from ..host.job import SamplingJob
from ..host.streams import Stream
from ..io.adapters import vae_name
from .kinds import model_name
from .patcher import Patcher


@dataclass(frozen=True)
class SoundFamily:
    """A family of MODELs that make frames and sound together.

    name: as people know it. model, audio_vae: ComfyUI's class names. package: of its modules in comfy.ldm.
    channels: of its frames. needed: whether its MODEL cannot make frames alone. grid, time: of its sound and frames.
    """

    name: str
    model: str
    audio_vae: str
    package: str
    channels: int
    needed: bool
    grid: SoundGrid
    time: TimeGrid

    def made(self, vae: Any) -> bool:
        """Whether a VAE is the audio VAE of this family."""
        kind = type(getattr(vae, "first_stage_model", None))
        return kind.__name__ == self.audio_vae and self.package in kind.__module__


LTX_2 = SoundFamily(
    "LTX-2", "LTXAV", "AudioVAE", "lightricks", 128, False, SoundGrid(8, 16, False, 25.0, lead=0.75), CausalGrid(8)
)
CHUNKS_OF_17 = FormulaGrid(
    "MiniMax-H3",
    lambda latents: 17 * ((latents - 2) // 5) + 5,
    lambda frames: 5 * ((frames - 5) // 17) + 2,
    cycle=(1, 4, 4, 4, 4),
)
MINIMAX_H3 = SoundFamily(
    "MiniMax-H3",
    "MiniMaxH3",
    "MiniMaxH3AudioVAE",
    "minimax",
    24,
    True,
    SoundGrid(32, 2, True, 40.0, fps=24.0),
    CHUNKS_OF_17,
)
FAMILIES = (LTX_2, MINIMAX_H3)
LTX_RATE = 25.0  # frames per second that LTX-2 takes where its texts say none


def family_of(model: Patcher) -> SoundFamily | None:
    """The family of a MODEL; None for one that makes frames alone."""
    return next((family for family in FAMILIES if family.model == type(model.model).__name__), None)


def frame_channels(model: Patcher) -> int:
    """Channels of the frames of a MODEL; the latent_format of MiniMax-H3 has those of its sound."""
    family = family_of(model)
    return model.get_model_object("latent_format").latent_channels if family is None else family.channels


def with_sound(model: Patcher, job: SamplingJob) -> tuple[SamplingJob, str]:
    """See Host."""
    family, sound = family_of(model), job.sound
    if sound is not None:
        own = _checked_family(sound.latents, family, model)
        return _cut(job, own, sound), _rate_notice(own, model, job)
    if family is None:
        return job, ""
    if not family.needed:
        return job, "No sound: connect an audio VAE to the canvas node."
    empty = model.get_model_object("latent_format").fix_empty_latent(torch.zeros_like(job.latents)).unbind()[1]
    sound = Stream(empty, torch.ones_like(empty[:, :1]))
    return _cut(job, family, sound), "All of the sound is generated."


def sound_grid(vae: Any | None, audio_vae: Any | None) -> SoundGrid | None:
    """See Host."""
    if vae is not None and _is_audio_vae(vae):
        raise ValueError(f"got the audio VAE {vae_name(vae)} as the VAE, expected the VAE of the frames")
    own = None if vae is None else _family_of_frames(vae)
    if audio_vae is None:
        return own.grid if own is not None and own.needed else None
    family = _family_of_sound(audio_vae)
    if vae is None:
        raise ValueError(f"got the audio VAE of {family.name} ({vae_name(audio_vae)}), expected its VAE too")
    if own is not family:
        wanted = "" if own is None else f": {own.name} has {own.audio_vae}"
        raise ValueError(
            f"got the audio VAE {vae_name(audio_vae)} of {family.name} beside the VAE {vae_name(vae)} of "
            f"{vae.latent_channels} channels, expected both of one model{wanted}"
        )
    return _grid(family, audio_vae)


def grid_of_sound(latents: torch.Tensor) -> SoundGrid:
    """See Host."""
    family = _family_of_latents(latents)
    if family is None:
        raise ValueError(f"got sound of shape {tuple(latents.shape)}, expected {_known_shapes()}")
    return family.grid


def encode_sound(audio_vae: Any, sound: Sound) -> torch.Tensor:
    """See Host. ComfyUI cuts both ends to a multiple of its step, so the end is mirrored up to one."""
    heard = sound.at(int(getattr(audio_vae, "audio_sample_rate", 44100)))
    step = audio_vae.spacial_compression_encode()
    whole = heard.between(0, -(-heard.samples // step) * step)
    latents: torch.Tensor = audio_vae.encode(whole.waveform.movedim(1, -1))
    return latents


def decode_sound(audio_vae: Any, latents: torch.Tensor) -> Sound:
    """See Host."""
    family, made_by = _family_of_sound(audio_vae), _family_of_latents(latents)
    if family is not made_by:
        of = f"that {made_by.name} made" if made_by else f"of shape {tuple(latents.shape)}"
        own = f"{made_by.audio_vae}, its audio VAE" if made_by else _known_shapes()
        raise ValueError(f"got sound {of} and the audio VAE {vae_name(audio_vae)} of {family.name}, expected {own}")
    waveform = audio_vae.decode(latents).movedim(-1, 1)  # [1 C N]
    return Sound(waveform.float().cpu(), int(audio_vae.first_stage_model.output_sample_rate))


def _cut(job: SamplingJob, family: SoundFamily, sound: Stream) -> SamplingJob:
    """The job with its sound, and which of it belongs to a window."""
    frames, length = job.latents.shape[2], sound.latents.shape[family.grid.axis]
    return replace(job, sound=sound, cuts=SoundCuts(family.grid, family.time, frames, length))


def _rate_notice(family: SoundFamily, model: Patcher, job: SamplingJob) -> str:
    """The notice that texts say another frame rate than that at which frames and sound last equally long; else "".

    LTX-2 reads it from its texts, where LTXV Conditioning has set it.
    """
    given = job.positive[0][1]
    guided = given.get("keyframe_idxs") is not None  # guides lie behind the frames
    if family.grid.fps is not None or job.sound is None or guided:
        return ""
    told = float(given.get("frame_rate", LTX_RATE))
    length = job.sound.latents.shape[family.grid.axis]
    frames = 1 + (job.latents.shape[2] - 1) * model.get_model_object("latent_format").temporal_downscale_ratio
    if abs(length - family.grid.length(frames / told)) <= 1:
        return ""
    right = frames * family.grid.rate / length
    return f"LTXV Conditioning: set frame_rate to {right:.3g}, not {told:.4g}."


def _checked_family(latents: torch.Tensor, family: SoundFamily | None, model: Patcher) -> SoundFamily:
    """The family of a MODEL. Raises ValueError for sound that is not of it."""
    if family is None:
        raise ValueError(
            f"got a latent of frames and sound, this MODEL ({model_name(model)}) makes frames alone: take them apart "
            "with Separate AV Latent"
        )
    if not family.grid.fits(latents):
        other = _family_of_latents(latents)
        of = f"of {other.audio_vae}, the audio VAE of {other.name}" if other else f"of shape {tuple(latents.shape)}"
        raise ValueError(
            f"got sound {of}, this MODEL ({model_name(model)}) takes that of {family.audio_vae}, the audio VAE of "
            f"{family.name}: connect it to the node that made the latent"
        )
    return family


def _family_of_frames(vae: Any) -> SoundFamily | None:
    """The family whose frames a VAE makes; one for LTX-2 may be one for LTX-Video alone."""
    is_video = getattr(vae, "latent_dim", None) == 3
    return next((family for family in FAMILIES if is_video and family.channels == vae.latent_channels), None)


def _is_audio_vae(vae: Any) -> bool:
    return any(family.made(vae) for family in FAMILIES)


def _family_of_sound(audio_vae: Any) -> SoundFamily:
    """The family of an audio VAE. Raises ValueError for any other VAE."""
    for family in FAMILIES:
        if family.made(audio_vae):
            return family
    names = " or ".join(f"{family.audio_vae} ({family.name})" for family in FAMILIES)
    raise ValueError(f"got the VAE {vae_name(audio_vae)} as the audio VAE, expected {names}")


def _family_of_latents(latents: torch.Tensor) -> SoundFamily | None:
    return next((family for family in FAMILIES if family.grid.fits(latents)), None)


def _grid(family: SoundFamily, audio_vae: Any) -> SoundGrid:
    """The grid of an audio VAE, which may have another rate than its family's first."""
    rate = getattr(audio_vae.first_stage_model, "latents_per_second", family.grid.rate)
    return replace(family.grid, rate=float(rate))


def _known_shapes() -> str:
    return " or ".join(
        f"[B {family.grid.channels} 2 L] ({family.name})"
        if family.grid.time_last
        else f"[B {family.grid.channels} L {family.grid.rows}] ({family.name})"
        for family in FAMILIES
    )
