"""The sound of a canvas: that of the source clips is kept where their frames are, the rest is generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...sora_core.canvas.joint_canvas import JointCanvas, SoundCanvas
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.sound_grid import SoundGrid
from ...sora_core.video.sound import Sound
from ...sora_core.video.sound_layouts import describe_mixing, with_channels
from .. import host
from ..host.values import Vae
from ..io.adapters import Latent, check_made_with, latent_samples, made_with, vae_compression, video_latent
from ..io.carried_sound import KEY as SOUND
from ..io.carried_sound import CarriedSound, carried, mixed
from ..io.sound_latents import check_lasts, joint_latent, sound_canvas
from ..io.source import sound_of
from ..io.timing import KEY as TIMING
from ..io.timing import Timing
from ..io.window_hint import hint
from .context import trained_latents

PAST = 64  # latents of sound that an encoder sees before the first one that is used
MOST_ENCODED = 2  # channels that audio VAEs take
AHEAD = 0.5  # seconds that it sees after the last one


@dataclass(frozen=True)
class PlacedSound:
    """The sound of a source clip on a canvas, in seconds of the canvas; None is silence that nobody recorded.

    at: where the sound begins. begin, end: the time in which frames of its clip are on the canvas.
    """

    sound: Sound | None
    at: float
    begin: float
    end: float

    @classmethod
    def of(cls, audio: dict[str, Any] | None, fps: float, first: int, length: int, skipped: float = 0) -> PlacedSound:
        """AUDIO of a clip of which `length` frames begin at frame `first`, after `skipped` ones that are left out."""
        return cls(sound_of(audio), (first - skipped) / fps, first / fps, (first + length) / fps)

    def faded(self, first: float, last: float) -> PlacedSound:
        """The sound made softer: by `first` at the begin of its frames, by `last` at their end."""
        if self.sound is None:
            return self
        wave = self.sound.waveform
        time = self.at + torch.arange(wave.shape[-1]) / self.sound.rate
        softer = torch.lerp(
            torch.tensor(float(first)), torch.tensor(float(last)), (time - self.begin) / (self.end - self.begin)
        )
        return replace(self, sound=Sound(wave * (1 - softer.clamp(0, 1)).to(wave), self.sound.rate))

    def known(self, grid: SoundGrid, length: int) -> range:
        """Latents of a canvas of `length` that this sound fills; empty for silence."""
        if self.sound is None:
            return range(0)
        inside = grid.inside(max(self.begin, self.at, 0.0), min(self.end, self.at + self.sound.seconds))
        return range(min(inside.start, length), min(inside.stop, length))


@dataclass(frozen=True)
class Soundtrack:
    """Makes the sound of canvases of a VAE at a frame rate. grid: None where the model makes frames alone.

    audio_vae: None where no sound is encoded, so that all of it is generated.
    """

    vae: Vae | None
    audio_vae: Any | None
    fps: float
    grid: SoundGrid | None

    @classmethod
    def of(cls, vae: Vae | None, audio_vae: Any | None, fps: float) -> Soundtrack:
        """Raises ValueError for VAEs that do not belong together, and for sound at a rate the model does not take."""
        grid = None if vae is None and audio_vae is None else host.current().sound_grid(vae, audio_vae)
        if audio_vae is not None and grid is not None and grid.fps not in (None, fps):
            raise ValueError(f"got {fps:g} fps, expected {grid.fps:g}: this model makes frames and sound at that rate")
        return cls(vae, audio_vae, fps, grid)

    def latent(self, canvas: LatentCanvas, *placed: PlacedSound) -> Latent:
        """A canvas as LATENT, with sound where the model makes it: kept where frames and their sound are known."""
        if self.grid is None:
            return self._made({**video_latent(canvas), **self._beside(canvas, placed)})
        return self._made(joint_latent(JointCanvas(canvas, self._sound(self.grid, canvas, placed))))

    def _beside(self, canvas: LatentCanvas, placed: Sequence[PlacedSound]) -> Latent:
        """What a LATENT of frames alone has beside them: the sound of its sources, and windows if it is long."""
        if not placed:
            return {}
        latents, compression = canvas.shape.frames, vae_compression(self.vae)
        seconds = compression.time_grid.frames_about(latents) / self.fps
        sound = mixed([(one.sound, one.at, one.begin, one.end) for one in placed if one.sound is not None], seconds)
        held = {} if sound is None else {SOUND: CarriedSound(sound, self.fps, latents)}
        return {**held, **hint(latents, trained_latents(self.vae, self.fps, compression))}

    def morphed(self, canvas: LatentCanvas, one: PlacedSound, two: PlacedSound) -> Latent:
        """As latent, with sound that fades from one clip's to the other's as the frames do."""
        grid = self.grid
        if grid is None:
            beside = self._beside(canvas, [one.faded(0, 1), two.faded(1, 0)])
            return self._made({**video_latent(canvas), **beside})
        first, second = (self._sound(grid, canvas, [placed]) for placed in (one, two))
        length = first.clean.shape[grid.axis]
        share = grid.along_time(torch.linspace(0, 1, length)[None]).to(first.clean)
        clean = torch.lerp(first.clean, second.clean, share)
        level = torch.maximum(first.noise_level, second.noise_level)
        return self._made(joint_latent(JointCanvas(canvas, SoundCanvas(clean, level))))

    def extended(self, canvas: LatentCanvas, source: Latent, *placed: PlacedSound) -> Latent:
        """As latent, for a canvas that goes on from a LATENT: its sound is carried over without a change."""
        check_made_with(source, self.vae)
        known = sound_canvas(source)
        if known is None:
            held: CarriedSound | None = source.get(SOUND)
            if self.grid is not None:
                return self.latent(canvas, *placed)
            sound = None if held is None else held.sound
            own = PlacedSound(sound, 0.0, 0.0, 0.0 if sound is None else sound.seconds)
            return self.latent(canvas, own, *placed)
        grid = self._grid_of(known)
        made, length = self._sound(grid, canvas, placed), known.clean.shape[grid.axis]
        check_lasts(grid, length, vae_compression(self.vae).video_frames(latent_samples(source).shape[2]), self.fps)
        clean, level = made.clean.clone(), made.noise_level.clone()
        clean.narrow(grid.axis, 0, length).copy_(known.clean)
        level.narrow(grid.axis, 0, length).zero_()
        return self._made(joint_latent(JointCanvas(canvas, SoundCanvas(clean, level))))

    def added(self, canvas: LatentCanvas, latent: Latent, placed: PlacedSound) -> Latent:
        """A LATENT with the frames of a canvas, which has more known ones, and with their sound."""
        check_made_with(latent, self.vae)
        known = sound_canvas(latent)
        if known is None:
            if self.audio_vae is not None:
                raise ValueError(
                    "got an audio VAE for a latent of frames alone, expected one with sound: connect the audio VAE to "
                    "the node that made the latent too"
                )
            return self._made({**latent, **video_latent(canvas), **self._heard_too(latent, placed)})
        clean, level = known.clean.clone(), known.noise_level.clone()
        grid = self._grid_of(known)
        span = range(0) if self.audio_vae is None else placed.known(grid, clean.shape[grid.axis])
        if span:
            clean.narrow(grid.axis, span.start, len(span)).copy_(self._encoded(grid, placed, span))
            level.narrow(grid.axis, span.start, len(span)).zero_()
        return self._made({**latent, **joint_latent(JointCanvas(canvas, SoundCanvas(clean, level)))})

    def _heard_too(self, latent: Latent, placed: PlacedSound) -> Latent:
        """The sound that a LATENT of frames alone carries, with one more clip's; empty for silence."""
        if placed.sound is None or self.grid is not None:
            return {}
        latents = latent_samples(latent).shape[2]
        seconds = vae_compression(self.vae).time_grid.frames_about(latents) / self.fps
        before, _ = carried(latent, latents, self.fps)
        held = [] if before is None else [(before, 0.0, 0.0, before.seconds)]
        sound = mixed([*held, (placed.sound, placed.at, placed.begin, placed.end)], seconds)
        return {} if sound is None else {SOUND: CarriedSound(sound, self.fps, latents)}

    def _made(self, latent: Latent) -> Latent:
        latents = latent_samples(latent).shape[2]
        frames = vae_compression(self.vae).time_grid.frames_about(latents)
        return made_with({**latent, TIMING: Timing(self.fps, frames, latents)}, self.vae)

    def notices(self, *placed: PlacedSound) -> list[str]:
        """What the user may not expect of the sound; nothing where it is kept."""
        if self.grid is None:
            heard = [one.sound.channels for one in placed if one.sound is not None]
            mixed = describe_mixing({f"Clip {place}": count for place, count in enumerate(heard, 1)})
            return [f"{note}." for note in mixed]
        if self.audio_vae is None:
            return ["All of the sound is generated: no audio VAE is given."]
        if placed and all(one.sound is None for one in placed):
            return ["All of the sound is generated: the source has none."]
        missing = ["Sound is kept only where a source has any."] if any(one.sound is None for one in placed) else []
        return missing + (["The sound is mixed to stereo."] if any(map(_is_surround, placed)) else [])

    def _sound(self, grid: SoundGrid, canvas: LatentCanvas, placed: Sequence[PlacedSound]) -> SoundCanvas:
        spans = self._spans(canvas, grid.fps or self.fps)
        length = grid.length(spans[-1][1])
        clean = canvas.clean.new_zeros(grid.shape(canvas.batch, length))
        covered = torch.zeros(length, dtype=torch.bool)
        for one in placed if self.audio_vae is not None else ():
            span = one.known(grid, length)
            if span:
                clean.narrow(grid.axis, span.start, len(span)).copy_(self._encoded(grid, one, span))
                covered[span.start : span.stop] = True
        levels = grid.levels(canvas.noise_level, spans, length)  # [B L]
        levels = torch.where(covered.to(levels.device), levels, torch.ones_like(levels))
        return SoundCanvas(clean, grid.along_time(levels).contiguous())

    def _spans(self, canvas: LatentCanvas, fps: float) -> list[tuple[float, float]]:
        """Seconds at which each latent frame begins and ends."""
        spans = map(vae_compression(self.vae).time_grid.span, range(canvas.shape.frames))
        return [(span.start / fps, span.stop / fps) for span in spans]

    def _encoded(self, grid: SoundGrid, placed: PlacedSound, span: range) -> torch.Tensor:
        """Latents of a span, encoded in place, from a latent's beginning on.

        Before the source's sound its mirror image is heard; after it nothing, as where ComfyUI's nodes encode it.
        """
        assert placed.sound is not None
        left_out = max(0, span.start - PAST)
        begin = left_out / grid.rate - placed.at
        seconds = min((span.stop - left_out) / grid.rate + AHEAD, placed.sound.seconds - begin)
        heard = placed.sound.between(begin, round(seconds * placed.sound.rate))
        channels = min(heard.channels, MOST_ENCODED)
        stereo = Sound(with_channels(heard.waveform, channels), heard.rate)
        latents = host.current().encode_sound(self.audio_vae, stereo)
        return latents.narrow(grid.axis, span.start - left_out, len(span))

    def _grid_of(self, sound: SoundCanvas) -> SoundGrid:
        """The grid of sound that a LATENT holds. Raises ValueError where it is not that of the audio VAE."""
        grid = host.current().grid_of_sound(sound.clean)
        if self.grid is not None and grid != self.grid:
            raise ValueError(
                f"got a latent whose sound has the shape {tuple(sound.clean.shape)}, expected "
                f"{self.grid.shape(len(sound.clean), sound.clean.shape[self.grid.axis])}: connect the VAE and the "
                "audio VAE of the MODEL that made it"
            )
        return grid


def _is_surround(placed: PlacedSound) -> bool:
    return placed.sound is not None and placed.sound.channels > MOST_ENCODED
