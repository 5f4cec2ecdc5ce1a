"""From a prompt to frames: text encoder, sampler and VAE in one object, each step also usable alone.

The way of a latent diffusion model, as in https://arxiv.org/abs/2503.20314: text, noise, velocity, latents, pixels.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from .abilities import text_to_image, text_to_video
from .canvas import LatentCanvas
from .checkpoint import CheckpointError, load_dit, load_text_encoder, load_vae, read_metadata
from .conditioning import TextConditioning
from .diffusion.guidance import Guider, check_scale, guide
from .diffusion.sampler import OnStep, check_seed, initial_noise, sample
from .diffusion.schedule import check_shift, shifted_levels, start_plan
from .diffusion.solvers import Solver
from .dit import VideoDiT
from .shapes import LatentShape, VideoShape
from .text_encoder import TextEncoder
from .vae import VideoVAE
from .video_io import check_fps, write_video

log = logging.getLogger(__name__)

ASSETS = Path(__file__).parent / "assets"
WAN_FPS = 16.0  # of files that do not say
MAX_STEPS = 1_000_000
MAX_PIXELS = 2**40  # in all frames of a clip; far beyond it torch's own sizes overflow


@dataclass(frozen=True)
class ModelFolder:
    """Where the three files of a model lie: a folder that a user names, or one that comes with the package."""

    path: Path

    @classmethod
    def bundled(cls, name: str) -> ModelFolder:
        """The folder of a bundled model."""
        return cls(ASSETS / name)

    @property
    def dit(self) -> Path:
        """The diffusion transformer's file."""
        return self.path / "dit.safetensors"

    @property
    def vae(self) -> Path:
        """The VAE's file."""
        return self.path / "vae.safetensors"

    @property
    def text_encoder(self) -> Path:
        """The text encoder's file, with its tokenizer."""
        return self.path / "text_encoder.safetensors"


@dataclass(frozen=True)
class Sampling:
    """How to walk from noise to a clip. The defaults suit the bundled model.

    steps: model calls (two each where guidance is not 1, and two more for the HEUN solver), 1..1,000,000.
    guidance: how far to follow the prompt away from `negative`; 1 is the plain model and costs half.
    shift: > 1 spends more of the steps near noise; use more for larger videos.
    negative: what not to show; "" is the unconditional prompt.
    """

    steps: int = 25
    guidance: float = 2.5
    shift: float = 3.0
    solver: Solver = Solver.EULER
    negative: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or not 1 <= self.steps <= MAX_STEPS:
            raise ValueError(f"steps must be a whole number within 1..{MAX_STEPS}, got {self.steps!r}")
        check_scale(self.guidance)
        check_shift(self.shift)
        if not isinstance(self.solver, Solver):
            raise ValueError(f"solver must be one of {[str(s) for s in Solver]}, got {self.solver!r}")


@dataclass(frozen=True)
class Video:
    """A clip in memory. frames: uint8 RGB [F H W 3]; fps: frames per second."""

    frames: torch.Tensor
    fps: float


@dataclass(frozen=True)
class VideoStream:
    """A clip that is decoded while it is read, once. frames: yields uint8 RGB [H W 3]; shape: of the whole clip."""

    frames: Iterator[torch.Tensor]
    shape: VideoShape
    fps: float

    def collect(self) -> Video:
        """Read all that is left into memory."""
        return Video(torch.stack(list(self.frames)), self.fps)


class Pipeline:
    """A text-to-video model: DiT, VAE and text encoder that belong together.

    >>> pipe = Pipeline.load("nano")                                                            # doctest: +SKIP
    >>> video = pipe.generate("a red circle moves right on a black background", seed=7)         # doctest: +SKIP
    >>> pipe.save(video, "out.mp4")                                                             # doctest: +SKIP
    """

    def __init__(self, dit: VideoDiT, vae: VideoVAE, text_encoder: TextEncoder, fps: float) -> None:
        if dit.config.in_channels != vae.latent_channels:
            raise ValueError(
                f"the DiT takes {dit.config.in_channels} latent channels, but the VAE gives {vae.latent_channels}; "
                "take the VAE that the DiT was trained with"
            )
        if dit.config.text_dim != text_encoder.config.dim:
            raise ValueError(
                f"the DiT takes text of width {dit.config.text_dim}, but the text encoder gives "
                f"{text_encoder.config.dim}; take the one that the DiT was trained with"
            )
        self.dit, self.vae, self.text_encoder, self.fps = dit.eval(), vae.eval(), text_encoder.eval(), fps

    @classmethod
    def load(
        cls, model: str | Path = "nano", *, device: torch.device | str = "cpu", dtype: torch.dtype | None = None
    ) -> Pipeline:
        """A bundled model by name, or a folder with dit, vae and text_encoder.safetensors, or the DiT's file in one.

        dtype: of the weights; None keeps the files' (float32 on a CPU). Raises CheckpointError (a ValueError) for
        files that are missing or do not fit, ValueError for a device that is not there.
        """
        place = usable_device(device)
        dit_path = find_dit(model)
        folder = ModelFolder(dit_path.parent)
        return cls(
            load_dit(dit_path, device=place, dtype=dtype),
            load_vae(folder.vae, device=place, dtype=dtype),
            load_text_encoder(folder.text_encoder, device=place, dtype=dtype),
            _fps(dit_path),
        )

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.dit.parameters()).device

    def generate(
        self,
        prompt: str,
        *,
        width: int = 64,
        height: int = 64,
        seconds: float = 2.0,
        fps: float | None = None,
        seed: int = 0,
        sampling: Sampling = Sampling(),
        on_step: OnStep | None = None,
    ) -> Video:
        """A clip that shows the prompt, in memory.

        width, height: pixels, seconds: length; each is rounded to what the model takes, which is logged.
        fps: rate of the clip, by default the model's own; it learnt motion at that one.
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
        width: int = 64,
        height: int = 64,
        seconds: float = 2.0,
        fps: float | None = None,
        seed: int = 0,
        sampling: Sampling = Sampling(),
        on_step: OnStep | None = None,
    ) -> VideoStream:
        """As generate, but pixels are decoded while they are read: `save` then needs memory for a few frames only."""
        check_prompt(prompt)
        rate = self.fps if fps is None else fps
        shape = self.video_shape(width, height, seconds=seconds, fps=rate)
        latents = self.sample_latents(self.encode_text([prompt]), shape, seed=seed, sampling=sampling, on_step=on_step)
        return VideoStream(self.decode_frames(latents), shape, rate)

    def generate_image(
        self,
        prompt: str,
        *,
        width: int = 64,
        height: int = 64,
        seed: int = 0,
        sampling: Sampling = Sampling(),
        on_step: OnStep | None = None,
    ) -> torch.Tensor:
        """A single picture that shows the prompt, uint8 RGB [H W 3]. Arguments and errors as in generate."""
        check_prompt(prompt)
        shape = self.latent_shape(self._nearest(VideoShape(1, height, width)))
        text = self.encode_text([prompt])
        canvas = text_to_image(shape, device=self.device)
        return self.decode(self.sample_canvas(text, canvas, seed=seed, sampling=sampling, on_step=on_step))[0, 0]

    def save(self, video: Video | VideoStream, path: str | Path) -> None:
        """Write an H.264 mp4 that browsers play; on any failure nothing is left behind (video_io.write_video)."""
        write_video(path, iter(video.frames), video.fps)

    def video_shape(self, width: int, height: int, *, seconds: float, fps: float) -> VideoShape:
        """The clip closest to this size and length that the model takes, at least two latent frames long.

        Raises ValueError for a size below one patch, or for seconds or fps that are not finite and above 0.
        """
        check_fps(fps)
        if not (math.isfinite(seconds) and seconds > 0):
            raise ValueError(f"seconds must be a finite number above 0, got {seconds} (generate_image makes a picture)")
        compression = self.vae.compression
        frames = max(compression.frames_for(seconds, fps), compression.video_frames(2))
        wanted = seconds * fps
        level = logging.WARNING if abs(frames - wanted) > 1 + compression.time / 2 else logging.INFO
        if frames != wanted:  # within half a latent of what was asked for is no surprise
            log.log(level, "%g seconds at %g fps become %d frames", seconds, fps, frames)
        return self._nearest(VideoShape(frames, height, width))

    @torch.no_grad()
    def encode_text(self, prompts: Sequence[str]) -> TextConditioning:
        """Conditioning for a batch of prompts. One that is too long is cut, and a warning says by how much."""
        for prompt in prompts:
            dropped = self.text_encoder.count_tokens(prompt) - self.text_encoder.max_prompt_tokens
            if dropped > 0:
                log.warning(
                    "the prompt is too long: the last %d tokens are ignored (%d fit)",
                    dropped,
                    self.text_encoder.max_prompt_tokens,
                )
        return self.text_encoder.encode(list(prompts))

    def sample_latents(
        self,
        text: TextConditioning,
        shape: VideoShape,
        *,
        seed: int = 0,
        sampling: Sampling = Sampling(),
        on_step: OnStep | None = None,
    ) -> torch.Tensor:
        """Latents [B C T H W], one clip for each text; shape must be one that the model takes (video_shape)."""
        canvas = text_to_video(self.latent_shape(shape), len(text), device=self.device)
        return self.sample_canvas(text, canvas, seed=seed, sampling=sampling, on_step=on_step)

    def sample_canvas(
        self,
        text: TextConditioning,
        canvas: LatentCanvas,
        *,
        seed: int = 0,
        sampling: Sampling = Sampling(),
        on_step: OnStep | None = None,
    ) -> torch.Tensor:
        """Latents [B C T H W]: a canvas of one of the abilities, on the model's device, filled as its texts say."""
        check_seed(seed)
        patch = self.dit.config.patch_size
        latents = sample(
            self.guider(text, sampling),
            canvas,
            start_plan(shifted_levels(sampling.steps, sampling.shift), canvas.noise_level, patch),
            initial_noise(canvas.clean.shape, seed),
            solver=sampling.solver,
            patch=patch,
            on_step=on_step,
        )
        return check_finite(latents)

    def guider(self, text: TextConditioning, sampling: Sampling) -> Guider:
        """What the sampler asks for velocities: the DiT with these texts."""
        negative = self.encode_text([sampling.negative]).embeddings.expand_as(text.embeddings)
        return guide(self.dit, text.embeddings, negative, sampling.guidance)

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents [B C T H W] -> pixels, uint8 RGB [B F H W 3]."""
        return _to_uint8(self.vae.decode(self._as_vae_input(latents)))

    @torch.no_grad()
    def decode_frames(self, latents: torch.Tensor | Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
        """Yield the frames, uint8 RGB [H W 3], of one clip of latents [1 C T H W] or of its parts; in flat memory."""
        parts = [latents] if isinstance(latents, torch.Tensor) else latents
        for chunk in self.vae.decode_stream(self._as_vae_input(part) for part in parts):
            if chunk.shape[0] != 1:
                raise ValueError(f"frames are decoded one clip at a time, got {chunk.shape[0]} clips")
            yield from _to_uint8(chunk)[0]

    def latent_shape(self, shape: VideoShape) -> LatentShape:
        """Size of a clip's latents; ValueError for a shape that the VAE does not take."""
        return self.vae.compression.to_latent(shape, self.vae.latent_channels)

    def _as_vae_input(self, latents: torch.Tensor) -> torch.Tensor:
        return latents.to(next(self.vae.parameters()))

    def _nearest(self, wanted: VideoShape) -> VideoShape:
        """The closest clip that VAE and patches take, which is logged where it is another.

        Raises ValueError below one patch and above MAX_PIXELS.
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


def check_finite(latents: torch.Tensor) -> torch.Tensor:
    """The latents; FloatingPointError where the model gave anything but numbers."""
    if not bool(latents.isfinite().all()):
        raise FloatingPointError("the model gave values that are not finite; try float32 weights or less guidance")
    return latents


def check_prompt(prompt: str) -> None:
    """ValueError unless the prompt says something, in text that a tokenizer takes."""
    if not isinstance(prompt, str) or not prompt.strip():
        raise ValueError(f"the prompt is empty: say in a sentence what the video shows, got {prompt!r}")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in prompt):  # how Python passes on bytes that are not UTF-8
        raise ValueError(f"the prompt is not Unicode text: the terminal must send UTF-8, got {prompt!r}")


def bundled_models() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(path.name for path in ASSETS.glob("*") if ModelFolder(path).dit.is_file())


def find_dit(model: str | Path) -> Path:
    """The DiT's file of a bundled name, a folder or a file; CheckpointError where there is none of these."""
    if str(model) in bundled_models():
        return ModelFolder.bundled(str(model)).dit
    path = Path(model)
    if not path.exists():
        names = ", ".join(bundled_models()) or "there are none"
        raise CheckpointError(f"there is no model {str(model)!r}: give a folder, a file or a bundled name ({names})")
    return ModelFolder(path).dit if path.is_dir() else path


def _fps(dit_path: Path) -> float:
    text = read_metadata(dit_path).get("sora_fps", str(WAN_FPS))
    try:
        return float(text)
    except ValueError as error:
        raise CheckpointError(f"{dit_path} says sora_fps = {text!r}, expected a number") from error


def usable_device(device: torch.device | str) -> torch.device:
    """The device, after a tiny allocation has shown that it is there; ValueError where it is not."""
    try:
        return torch.empty(1, device=device).device
    except (RuntimeError, AssertionError) as error:  # which one depends on how torch was built
        reason = str(error).splitlines()[0]
        raise ValueError(f"device {str(device)!r} cannot be used here: {reason}") from error


def _to_uint8(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels [B 3 F H W] in -1..1 -> uint8 [B F H W 3] on the CPU."""
    scaled = pixels.float().add(1).mul(127.5).round_().clamp_(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 4, 1).cpu()
