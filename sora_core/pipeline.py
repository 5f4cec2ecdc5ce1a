"""Pipeline: text encoder, DiT and VAE in one object that generates videos from prompts.

A latent diffusion model as in https://arxiv.org/abs/2503.20314; each of its stages can also be called alone.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from .canvas.abilities import text_to_image, text_to_video
from .canvas.latent_canvas import LatentCanvas
from .canvas.shapes import LatentShape, VideoShape
from .canvas.stretches import stretch_shares
from .checkpoint import load_text_encoder, load_vae
from .checkpoint.lora import Lora, apply_loras
from .checkpoint.model_folders import ModelFolder, bundled_models, find_dit, find_model, misfit
from .diffusion.denoise import denoise
from .diffusion.guidance import Guider, guide
from .diffusion.options import SamplingOptions
from .diffusion.sampler import StepCallback
from .diffusion.timed_text import TimedText
from .models.conditioning import TextConditioning
from .models.trained_on import UNKNOWN, TrainedOn
from .models.wan.dit import Experts, VideoDiT
from .models.wan.dit.compiling import compile_blocks
from .models.wan.families import OWN, Family
from .models.wan.text_encoder import TextEncoder
from .models.wan.vae import VideoVAE
from .system.device import usable_device
from .tensors.finite import check_vae
from .video.video_io import check_fps, write_video

__all__ = [
    "Lora",
    "ModelFolder",
    "Pipeline",
    "SamplingOptions",
    "Video",
    "VideoStream",
    "bundled_models",
    "check_prompt",
    "find_dit",
]

log = logging.getLogger(__name__)

Text = TextConditioning | TimedText
"""One prompt for a clip, or one for each of its stretches."""
MAX_PIXELS = 2**40  # in all frames of a clip; torch's sizes overflow far beyond it


@dataclass(frozen=True)
class Video:
    """A clip in memory. frames: uint8 RGB [F H W 3]; fps: frames per second."""

    frames: torch.Tensor
    fps: float


@dataclass(frozen=True)
class VideoStream:
    """A clip that is decoded while it is read. frames: iterator of uint8 RGB [H W 3]; shape: of the whole clip."""

    frames: Iterator[torch.Tensor]
    shape: VideoShape
    fps: float

    def collect(self) -> Video:
        """Read all remaining frames into memory."""
        return Video(torch.stack(list(self.frames)), self.fps)


class Pipeline:
    """A text-to-video model: DiT, VAE and text encoder that belong together.

    >>> pipe = Pipeline.load("nano")                                                            # doctest: +SKIP
    >>> video = pipe.generate("a red circle moves right on a black background", seed=7)         # doctest: +SKIP
    >>> pipe.save(video, "out.mp4")                                                             # doctest: +SKIP
    """

    def __init__(
        self,
        dit: VideoDiT | Experts,
        vae: VideoVAE,
        text_encoder: TextEncoder,
        fps: float,
        *,
        made_for: Family = OWN,
        trained_on: TrainedOn = UNKNOWN,
    ) -> None:
        if found := misfit(dit.config, vae.latent_channels, text_encoder.config.dim):
            raise ValueError(found)
        self.dit, self.vae, self.text_encoder = dit.eval(), vae.eval(), text_encoder.eval()
        self.fps, self.made_for, self.trained_on = fps, made_for, trained_on
        self._warned: set[str] = set()

    @classmethod
    def load(
        cls,
        model: str | Path = "nano",
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype | None = None,
        loras: Sequence[Lora] = (),
    ) -> Pipeline:
        """Load a bundled model by name, a folder, or a DiT's file with the other parts near it.

        model: a folder of ours (dit, vae and text_encoder.safetensors), of diffusers (model_index.json, transformer/,
            ...), of Wan, or with single files as ComfyUI has them, also in folders called diffusion_models, vae, ...
        dtype: of the weights; None keeps the files' (float32 on a CPU, except for the text encoder, which is large).
        loras: LoRA files to merge into the DiT, in order (checkpoint.lora).

        Raises CheckpointError (a ValueError) for files that are missing or do not fit each other, before any is
        loaded, and ValueError for a device that is not there.
        """
        place = usable_device(device)
        files = find_model(model)
        files.check()
        dit = files.load_dit(device=place, dtype=dtype)
        apply_loras(dit, loras)
        vae = load_vae(files.vae, device=place, dtype=dtype)
        text_encoder = load_text_encoder(files.text_encoder, device=place, dtype=dtype)
        family = files.family()
        return cls(dit, vae, text_encoder, family.fps, made_for=family, trained_on=files.trained_on())

    @property
    def device(self) -> torch.device:
        """The device of the model."""
        return next(self.dit.parameters()).device

    def compile(self) -> bool:
        """Compile the DiT, which makes the first step a minute longer. Returns whether torch has a compiler."""
        return compile_blocks(self.dit)

    def generate(
        self,
        prompt: str,
        *,
        width: int | None = None,
        height: int | None = None,
        seconds: float | None = None,
        fps: float | None = None,
        seed: int = 0,
        sampling: SamplingOptions | None = None,
        on_step: StepCallback | None = None,
    ) -> Video:
        """Generate a clip in memory.

        width, height: pixels, seconds: length; each is rounded to what the model takes, which is logged.
        fps: frame rate of the clip; the model was trained at its own.
        None takes the value that the model was made for (`made_for`).
        seed: 0..2**64-1; the same seed gives the same clip.
        on_step: called after each step with (done, total, clean estimate [1 C T H W]); may raise to interrupt.

        Raises ValueError for an empty prompt or a value out of range, FloatingPointError where the model diverges.
        """
        return self.stream(
            prompt,
            width=width,
            height=height,
            seconds=seconds,
            fps=fps,
            seed=seed,
            sampling=sampling,
            on_step=on_step,
        ).collect()

    def stream(
        self,
        prompt: str,
        *,
        width: int | None = None,
        height: int | None = None,
        seconds: float | None = None,
        fps: float | None = None,
        seed: int = 0,
        sampling: SamplingOptions | None = None,
        on_step: StepCallback | None = None,
    ) -> VideoStream:
        """As generate, but pixels are decoded while they are read: `save` then needs memory for a few frames only."""
        check_prompt(prompt)
        rate, made_for = self.fps if fps is None else fps, self.made_for
        shape = self.video_shape(
            made_for.width if width is None else width,
            made_for.height if height is None else height,
            seconds=made_for.seconds if seconds is None else seconds,
            fps=rate,
        )
        latents = self.sample_latents(self.encode_text([prompt]), shape, seed=seed, sampling=sampling, on_step=on_step)
        return VideoStream(self.decode_frames(latents), shape, rate)

    def generate_image(
        self,
        prompt: str,
        *,
        width: int | None = None,
        height: int | None = None,
        seed: int = 0,
        sampling: SamplingOptions | None = None,
        on_step: StepCallback | None = None,
    ) -> torch.Tensor:
        """Generate a single image, uint8 RGB [H W 3]. Arguments and errors as in generate."""
        check_prompt(prompt)
        size = self.made_for.height if height is None else height, self.made_for.width if width is None else width
        shape = self.latent_shape(self._nearest(VideoShape(1, *size)))
        text = self.encode_text([prompt])
        canvas = text_to_image(shape, device=self.device)
        return self.decode(self.sample_canvas(text, canvas, seed=seed, sampling=sampling, on_step=on_step))[0, 0]

    def save(self, video: Video | VideoStream, path: str | Path) -> None:
        """Write an H.264 mp4 that browsers play. A failure leaves no file behind (video_io.write_video)."""
        write_video(path, iter(video.frames), video.fps)

    def video_shape(self, width: int, height: int, *, seconds: float, fps: float) -> VideoShape:
        """The closest shape that the model takes, at least two latent frames long.

        Raises ValueError for a size below one patch, or for seconds or fps that are not finite and above 0.
        """
        check_fps(fps)
        if not (math.isfinite(seconds) and seconds > 0):
            raise ValueError(
                f"seconds must be a finite number above 0, got {seconds} (use generate_image for an image)"
            )
        compression = self.vae.compression
        frames = max(compression.frames_for(seconds, fps), compression.video_frames(2))
        wanted = seconds * fps
        level = logging.WARNING if abs(frames - wanted) > 1 + compression.time / 2 else logging.INFO
        if frames != wanted:  # rounding within half a latent is expected
            log.log(level, "%g seconds at %g fps become %d frames", seconds, fps, frames)
        return self._nearest(VideoShape(frames, height, width))

    @torch.no_grad()
    def encode_text(self, prompts: Sequence[str]) -> TextConditioning:
        """Encode a batch of prompts. Truncates one that is too long, with a warning; warns of words not learnt."""
        self.warn_of_words(prompts)
        for prompt in prompts:
            dropped = self.text_encoder.count_tokens(prompt) - self.text_encoder.max_prompt_tokens
            if dropped > 0:
                log.warning(
                    "the prompt is too long: the last %d tokens are ignored (%d fit)",
                    dropped,
                    self.text_encoder.max_prompt_tokens,
                )
        return self.text_encoder.encode(list(prompts))

    def encode_stretches(
        self, prompts: Sequence[Sequence[str]], begins: Sequence[float], frames: int, *, crossfade: float = 0.0
    ) -> TimedText:
        """Encode prompts of the stretches of clips of `frames` pixel frames, for `sample_latents` and `sample_canvas`.

        prompts: for each stretch those of the batch. begins, crossfade: in frames, see canvas.stretches.stretch_shares.
        """
        texts = tuple(self.encode_text(batch).embeddings for batch in prompts)
        return TimedText(texts, stretch_shares(begins, frames, self.vae.compression.time_grid, crossfade))

    def sample_latents(
        self,
        text: Text,
        shape: VideoShape,
        *,
        seed: int = 0,
        sampling: SamplingOptions | None = None,
        on_step: StepCallback | None = None,
    ) -> torch.Tensor:
        """Sample latents [B C T H W], one clip for each text; shape: as from video_shape."""
        canvas = text_to_video(self.latent_shape(shape), len(text), device=self.device)
        return self.sample_canvas(text, canvas, seed=seed, sampling=sampling, on_step=on_step)

    def sample_canvas(
        self,
        text: Text,
        canvas: LatentCanvas,
        *,
        seed: int = 0,
        sampling: SamplingOptions | None = None,
        on_step: StepCallback | None = None,
    ) -> torch.Tensor:
        """Sample latents [B C T H W] on a canvas of canvas.abilities, which is on the model's device."""
        options = self.made_for.sampling if sampling is None else sampling
        self.warn_of_shape(LatentShape(*canvas.clean.shape[1:]), options)
        guider, patch = self.guider(text, options), self.dit.config.timestep_patch
        return denoise(guider, canvas, options, patch=patch, seed=seed, on_step=on_step)

    def warn_of_words(self, prompts: Sequence[str]) -> None:
        """Log a warning, once, for each prompt with words that training never had (`trained_on`)."""
        for prompt in prompts:
            self._warn_once(" ".join(self.trained_on.prompt_notices(prompt)))

    def warn_of_shape(self, shape: LatentShape, sampling: SamplingOptions) -> None:
        """Log a warning, once, for a size or a length that is far from those of training."""
        at_once = sampling.windows.frames_at_once(shape.frames) if sampling.windows else shape.frames
        for text in self.trained_on.clip_notices(shape, frames_at_once=at_once):
            self._warn_once(text)

    def _warn_once(self, text: str) -> None:
        if text and text not in self._warned:
            self._warned.add(text)
            log.warning(text)

    def guider(self, text: Text, sampling: SamplingOptions) -> Guider:
        """The Guider of the DiT with these texts and CFG."""
        negative = self.encode_text([sampling.negative]).embeddings.expand(len(text), -1, -1)
        given = text.embeddings if isinstance(text, TextConditioning) else text
        return guide(self.dit, given, negative, sampling.guidance)

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents [B C T H W] -> pixels, uint8 RGB [B F H W 3]."""
        return _to_uint8(self.vae.decode(self._as_vae_input(latents)))

    @torch.no_grad()
    def decode_frames(self, latents: torch.Tensor | Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
        """Yield frames, uint8 RGB [H W 3], of one clip of latents [1 C T H W] or its parts, in constant memory."""
        parts = [latents] if isinstance(latents, torch.Tensor) else latents
        for chunk in self.vae.decode_stream(self._as_vae_input(part) for part in parts):
            if chunk.shape[0] != 1:
                raise ValueError(f"frames are decoded one clip at a time, got {chunk.shape[0]} clips")
            yield from _to_uint8(chunk)[0]

    def latent_shape(self, shape: VideoShape) -> LatentShape:
        """The shape of a clip's latents. Raises ValueError for a shape that the VAE does not take."""
        return self.vae.compression.to_latent(shape, self.vae.latent_channels)

    def _as_vae_input(self, latents: torch.Tensor) -> torch.Tensor:
        return latents.to(next(self.vae.parameters()))

    def _nearest(self, wanted: VideoShape) -> VideoShape:
        """The closest shape that VAE and patches take, with a warning where it differs.

        Raises ValueError for less than one patch or more than MAX_PIXELS.
        """
        compression, patch = self.vae.compression, self.dit.config.patch_size
        least_height, least_width = compression.height * patch[1], compression.width * patch[2]
        if wanted.height < least_height or wanted.width < least_width:
            raise ValueError(
                f"the size must be at least {least_width}x{least_height} pixels, got {wanted.width}x{wanted.height}"
            )
        if math.prod(wanted) > MAX_PIXELS:
            raise ValueError(
                f"{wanted.frames} frames of {wanted.width}x{wanted.height} are too many: at most {MAX_PIXELS} pixels"
            )
        shape = compression.nearest(wanted, patch)
        if shape != wanted:
            log.warning(
                "%dx%d pixels become %dx%d: this model takes multiples of %dx%d",
                *(wanted.width, wanted.height, shape.width, shape.height, least_width, least_height),
            )
        return shape


def check_prompt(prompt: str) -> None:
    """Raise ValueError for an empty prompt, and for one that is not Unicode."""
    if not isinstance(prompt, str) or not prompt.strip():
        raise ValueError(f"the prompt is empty: say in a sentence what the video shows, got {prompt!r}")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in prompt):  # how Python represents bytes that are not UTF-8
        raise ValueError(f"the prompt is not Unicode text: the terminal must send UTF-8, got {prompt!r}")


def _to_uint8(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels [B 3 F H W] in -1..1 -> uint8 [B F H W 3] on the CPU. Raises FloatingPointError if not finite."""
    scaled = check_vae(pixels).float().add(1).mul(127.5).round_().clamp_(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 4, 1).cpu()
