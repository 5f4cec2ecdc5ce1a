"""One sampling job as Sora Sampler describes it; each host runs it on its own class of MODEL."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import torch

from ...sora_core.canvas.joint_canvas import JointCanvas, Packing, RowCanvas, SoundCanvas
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.shapes import ONE_LATENT, PatchSize
from ...sora_core.canvas.sound_grid import SoundCuts
from ...sora_core.diffusion.denoise import denoise, denoise_joint
from ...sora_core.diffusion.guidance import Guider
from ...sora_core.diffusion.options import SamplingOptions
from ...sora_core.diffusion.sampler import NoiseSource, StepCallback
from ...sora_core.diffusion.schedule import has_known_parts
from ...sora_core.diffusion.solvers import EulerAncestral
from ...sora_core.diffusion.windows import SlidingWindow
from .streams import Stream
from .timed_prompts import is_timed

Conditioning = list[Any]  # as in ComfyUI: [[embeddings [B L D], {...}], ...]
CLIP_NAME = "sora_clip"  # key in a conditioning of ours: module and class of the CLIP's tokenizer


@dataclass(frozen=True)
class ConcatFrames:
    """Frames of the whole clip that a MODEL takes from its conditioning, such as ComfyUI's concat_latent_image.

    name: their key in the conditioning. needed: whether the MODEL was trained to follow them; without them it gets
    zeros. is_control: whether they show what to follow in every frame, not what to go on from.
    """

    name: str
    needed: bool
    is_control: bool = False


@dataclass(frozen=True)
class SamplingJob:
    """What to sample. latents: [B C T H W] as the VAE gives them; noise_level: [B 1 T H W], 1 = invent.

    options: their negative prompt is not used; `negative` replaces it.
    share: [B 1 T H W] of what is sampled, at places that are blended with the latents in every step; None for none.
    places: indices of the clips in the batch that they were taken from (batch_index of a LATENT), so that each gets
        the noise that it had there.
    sound: of the clips, for a MODEL that samples it together with their frames; None for frames alone. cuts: which of
        it belongs to a window; None where nothing is known of the MODEL.
    latent_space: whose VAE made the latents (see Host.latent_space); None where nothing is known.
    """

    positive: Conditioning
    negative: Conditioning
    latents: torch.Tensor
    noise_level: torch.Tensor
    seed: int
    options: SamplingOptions = field(default_factory=SamplingOptions)
    places: tuple[int, ...] | None = None
    share: torch.Tensor | None = None
    sound: Stream | None = None
    cuts: SoundCuts | None = None
    latent_space: str | None = None

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The frames, and the sound if there is any."""
        picture = Stream(self.latents, self.noise_level, self.share)
        return (picture,) if self.sound is None else (picture, self.sound)

    def noises(self) -> list[torch.Tensor]:
        """Initial noise of each stream, the same in every host; with `places`, each clip gets that of its place.

        Where noise is drawn more than once the places are not read.
        """
        source, places = NoiseSource(self.seed), None if self.draws_again() else self.places
        return [stream.noise(source, places) for stream in self.streams]

    def noise(self) -> torch.Tensor:
        """Initial noise as `run` takes it."""
        return self._in_a_row(self.noises())

    def packing(self) -> Packing | None:
        """How frames and sound lie in one row for `run`; None for frames alone, which keep their shape."""
        return None if self.sound is None else Packing.of([stream.latents for stream in self.streams])

    def _in_a_row(self, values: list[torch.Tensor]) -> torch.Tensor:
        packing = self.packing()
        return values[0] if packing is None else packing.pack(values)

    def run(
        self,
        guider: Guider,
        clean: torch.Tensor,
        patch: PatchSize | None,
        on_step: StepCallback | None = None,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Sampled latents, as `clean` has them: `latents`, normalised, on the device to sample on [B C T H W].

        With sound `clean` has both in a row [B 1 1 1 N] (see packing); on_step gets frames alone.
        patch: of a MODEL that takes a timestep per token; None for one that takes a single timestep. noise: the initial
        one, where the host has changed it; None is `noise()`. More than one window draw theirs from the seed. Sigmas
        that end above 0 leave noise in the latents, which are then scaled as ComfyUI's samplers scale them.
        Raises FloatingPointError where the model gives values that are not finite.
        """
        canvas = self._canvas(clean)
        if isinstance(canvas, RowCanvas) and self.windows() > 1:
            latents = self._in_windows(guider, canvas, patch and ONE_LATENT, on_step)
        else:
            latents = denoise(
                guider,
                canvas,
                self.options if self.sound is None else replace(self.options, windows=None),
                patch=patch and (patch if self.sound is None else ONE_LATENT),
                seed=self.seed,
                noise=None if self.windows() > 1 else self.noise() if noise is None else noise,
                on_step=on_step,
                share=self._shares(clean),
            )
        end = self.options.levels()[-1].item()
        return latents if end == 0 else torch.where(canvas.noise_level > 0, latents / max(1 - end, 1e-6), latents)

    def _canvas(self, clean: torch.Tensor) -> LatentCanvas:
        levels = self._in_a_row([stream.noise_level for stream in self.streams]).to(clean.device, torch.float32)
        packing = self.packing()
        return LatentCanvas(clean, levels) if packing is None else RowCanvas(clean, levels, packing)

    def _in_windows(
        self, guider: Guider, canvas: RowCanvas, patch: PatchSize | None, on_step: StepCallback | None
    ) -> torch.Tensor:
        """Frames and sound in a row, sampled window by window."""
        assert self.cuts is not None  # check_windows
        clean = canvas.packing.unpack(canvas.clean)
        levels = [stream.noise_level.to(canvas.clean.device, torch.float32) for stream in self.streams]
        joint = JointCanvas(LatentCanvas(clean[0], levels[0]), SoundCanvas(clean[1], levels[1]))
        made = denoise_joint(guider, joint, self.cuts, self.options, patch=patch, seed=self.seed, on_step=on_step)
        return canvas.packing.pack(made)

    def _shares(self, clean: torch.Tensor) -> torch.Tensor | None:
        if all(stream.share is None for stream in self.streams):
            return None
        shares = [torch.ones_like(one.noise_level) if one.share is None else one.share for one in self.streams]
        return self._in_a_row(shares).to(clean.device, torch.float32)

    def blended(self, share: torch.Tensor | None) -> SamplingJob:
        """The job with places that are blended (see adapters.latent_share); in windows these are noise levels.

        Raises ValueError for a share outside 0..1; below 0 it may be beside guides of LTX, which leave such places out.
        """
        in_windows = self.options.windows is not None
        sound = self.sound.started_at_shares() if in_windows and self.sound is not None else self.sound
        if share is None:
            return self if sound is self.sound else replace(self, sound=sound)
        low, high = share.min().item(), share.max().item()
        if not high <= 1 or (low < 0 and not self._is_given("keyframe_idxs")):
            raise ValueError(
                f"got a noise_mask of values in {low:g}..{high:g}, expected 0..1: 0 keeps a place, 1 samples it"
            )
        if in_windows:
            return replace(self, noise_level=self.noise_level.clamp(0, 1), sound=sound)
        picture = self.streams[0].blended(share)
        return replace(self, noise_level=picture.noise_level, share=picture.share)

    def host_levels(self) -> torch.Tensor | None:
        """Of the frames: see Stream.host_levels."""
        return self.streams[0].host_levels()

    def stream_levels(self) -> list[torch.Tensor] | None:
        """Levels of each stream as ComfyUI's models read them (see Stream.host_levels); None if all is sampled."""
        levels = [stream.host_levels() for stream in self.streams]
        if all(level is None for level in levels):
            return None
        return [
            torch.ones_like(one.noise_level) if level is None else level
            for one, level in zip(self.streams, levels, strict=True)
        ]

    def windows(self) -> int:
        """Number of windows; 1 where the whole canvas is sampled at once."""
        way = self.options.windows
        return way.fills(self.latents.shape[2], self.options.total_steps) if way else 1

    def frames_at_once(self) -> int:
        """The most latent frames that the model sees at once."""
        frames, way = self.latents.shape[2], self.options.windows
        return way.frames_at_once(frames) if way else frames

    def draws_again(self) -> bool:
        """Whether noise is drawn more than once."""
        known = any(has_known_parts(stream.noise_level) for stream in self.streams)
        resampled = self.options.resampling > 0 and known
        return self.windows() > 1 or resampled or isinstance(self.options.solver, EulerAncestral)

    def is_unprompted(self) -> bool:
        """Whether positive and negative are equal, so that guidance has no effect."""
        positive, negative = self.positive[0][0], self.negative[0][0]
        if self.options.guidance == 1 or is_timed(self.positive):
            return False
        return positive.shape == negative.shape and bool(torch.equal(positive, negative))

    def check_windows(self, patch: PatchSize | None, concat: ConcatFrames | None = None) -> None:
        """Raise ValueError where this MODEL cannot sample this job in windows."""
        windows = self.options.windows
        if windows is None:
            return
        if patch is None and windows.mixes_levels:
            raise ValueError(
                "got a rolling window or noised context, but this MODEL takes one timestep for the clip: use Sora "
                "Windows with noise 0"
            )
        if self.windows() == 1:
            return
        if self.sound is not None and not isinstance(windows, SlidingWindow):
            raise ValueError(
                "got frames and sound together, which Sora Rolling Window does not divide: use Sora Windows, or sample "
                "frames alone (Separate AV Latent)"
            )
        if concat is not None and (concat.needed or self._is_given(concat.name)):
            raise ValueError(
                f"this MODEL takes frames of the whole clip from its conditioning ({concat.name}), which does not "
                f"work in {self.windows()} windows: use a text-to-video MODEL, and put an image or a video on the "
                "canvas with Sora Animate Image or Sora Extend Video"
            )
        for entry in (*self.positive, *self.negative):
            for name, value in entry[1].items():
                _check_fits_windows(name, value)

    def _is_given(self, name: str) -> bool:
        return any(entry[1].get(name) is not None for entry in (*self.positive, *self.negative))

    def check_channels(self, expected: int, name: str = "") -> None:
        """Raise ValueError unless the latents have as many channels as the model takes. name: of the model."""
        got = self.latents.shape[1]
        if got != expected:
            model = f"this model ({name})" if name else "this model"
            raise ValueError(
                f"got latents of {got} channels, {model} takes {expected}: connect its VAE to Sora Video Grid, or to "
                "the node that made them"
            )

    def check_text(self, expected: int, name: str = "") -> None:
        """Raise ValueError unless the texts have the width that the model takes. name: of the model."""
        model = f"this model ({name})" if name else "this model"
        for embeddings, *_ in (*self.positive, *self.negative):
            if (got := embeddings.shape[-1]) != expected:
                raise ValueError(
                    f"got a conditioning of width {got}, {model} takes {expected}: connect its CLIP to Sora Encode Text"
                )


def _check_fits_windows(name: str, value: Any) -> None:
    """Raise ValueError for a value of a conditioning that belongs to the frames of the whole clip."""
    if name == "keyframe_idxs" and value is not None:
        raise ValueError(
            "got guides of LTXV Add Guide, which lie at times of the whole clip and do not fit a window: put the "
            "images on the canvas with Sora Keyframe"
        )
    if name == "audio_embed" and value is not None:
        raise ValueError(
            "got a conditioning that holds the sound of the whole clip (audio_embed), all of which each window would "
            "hear: sample it without windows"
        )
    if name == "control" and value is not None:
        raise ValueError("got a conditioning with a ControlNet, which does not fit a window: sample it without windows")
    if _is_video(value):
        raise ValueError(
            f"got a conditioning that holds a video, which does not fit a window ({name}): put the video on the canvas "
            "with Sora Animate Image or Sora Extend Video"
        )


def _is_video(value: Any) -> bool:
    """Whether a value of a conditioning is or holds a tensor with an axis for frames."""
    if isinstance(value, dict):
        return any(_is_video(one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return any(_is_video(one) for one in value)
    return isinstance(value, torch.Tensor) and value.ndim >= 4
