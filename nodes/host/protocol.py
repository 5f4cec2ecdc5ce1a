"""The protocol between the nodes and the program that runs them: ComfyUI or headless.

A node never asks where it runs. Models differ between the two, since ComfyUI places, patches and offloads them: all
that touches a MODEL, CLIP or VAE beyond their common methods goes through here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from PIL import Image

from ...sora_core.canvas.shapes import Compression, PatchSize
from ...sora_core.canvas.sound_grid import SoundGrid
from ...sora_core.diffusion.options import SamplingOptions
from ...sora_core.diffusion.sampler import StepCallback
from ...sora_core.language import Captioner, LanguageModel
from ...sora_core.models.trained_on import TrainedOn
from ...sora_core.video.file_frames import FileFrames, Frames
from ...sora_core.video.sound import Sound
from ...sora_core.video.sound_file import read_sound
from .job import ConcatFrames, SamplingJob
from .notices import Shift
from .time_left import Work
from .values import Clip, Vae

M = TypeVar("M")  # the host's class of MODEL
V = TypeVar("V", bound=Vae)  # and of VAE

Preview = Callable[[int], Image.Image]
"""Index of a preview image, from 0 -> the image"""
Previewer = Callable[[torch.Tensor, int], Image.Image]
"""A clean estimate [B C T H W], normalised, and the index of a preview image -> the image"""


class Recording(NamedTuple):
    """Contents of a VIDEO. frames: [F H W 3] in 0..1, or the file that they are in.

    sound: AUDIO, {"waveform": [1 C N], "sample_rate": Hz}, from the first frame on, or None.
    varied: whether the file has a variable frame rate; the frames are then resampled to `fps`.
    """

    frames: Frames
    fps: float
    sound: dict[str, Any] | None
    varied: bool


def recording_of(frames: FileFrames, duration: float = 0.0, *, sound: bool = True) -> Recording:
    """The contents of a file. duration: seconds of sound at most; 0 for all. sound: whether it is read.

    Raises ValueError for broken sound.
    """
    heard = read_sound(frames.opened(), frames.begin, duration, watch=frames.watch) if sound else None
    audio = None if heard is None else {"waveform": heard.waveform, "sample_rate": heard.rate}
    return Recording(frames, frames.fps, audio, frames.varied)


class Progress(Protocol):
    """The progress bar of the running node."""

    def update(self, done: int, preview: Preview | None = None) -> None:
        """Show `done` steps, and a preview image if the host wants one now.

        Raises the host's own exception where the user has interrupted.
        """


class Host(Protocol[M, V]):
    """The program that runs the nodes."""

    def model_names(self) -> list[str]:
        """Names for load_model; the bundled model comes first."""

    def load_model(self, name: str) -> tuple[M, Clip, V]:
        """MODEL, CLIP and VAE. Raises ValueError for an unknown name and CheckpointError for broken files."""

    def sample(self, model: M, job: SamplingJob, on_step: StepCallback) -> Any:
        """Run a job on a MODEL: latents [B C T H W] as the VAE takes them, nested with their sound if there is any."""

    def with_sound(self, model: M, job: SamplingJob) -> tuple[SamplingJob, str]:
        """A job with the sound that a MODEL needs, invented where it has none; and the notice about it, or "".

        Raises ValueError for sound that the MODEL does not make, or that an audio VAE of another family made.
        """

    def timestep_patch(self, model: M) -> PatchSize | None:
        """Latents per token of a MODEL that takes a timestep per token; None for one that takes a single timestep."""

    def sampling_options(self, model: M) -> SamplingOptions:
        """The options that with_sampling_options set on a MODEL, else the defaults."""

    def with_sampling_options(self, model: M, options: SamplingOptions) -> M:
        """A copy of the MODEL with these options for Sora Sampler, which replace those that it had."""

    def shift(self, model: M) -> Shift:
        """The shift of a MODEL's own noise schedule."""

    def concat_frames(self, model: M) -> ConcatFrames | None:
        """The frames that a MODEL takes from its conditioning; None for one that takes none.

        Raises ValueError for a MODEL that cannot run a job.
        """

    def check_loras(self, model: M, graph: Mapping[str, Any] | None, node_id: str | None) -> None:
        """Raise ValueError for a LoRA above a node of a graph (in API format) that changes no weight of its MODEL."""

    def two_experts(self, high: M, low: M, boundary: float) -> M:
        """One MODEL of two: `high` runs at noise levels from the boundary up, `low` below it.

        Raises ValueError for models that do not belong together or that are joined already.
        """

    def trained_on(self, model: M) -> TrainedOn:
        """What a MODEL saw in training; empty where nothing is known."""

    def trained_frames(self, vae: V) -> int:
        """Frames of the longest clips that the model of a VAE was trained on; 0 where nothing is known."""

    def previewer(self, model: M) -> Previewer | None:
        """What makes preview images of a MODEL's clean estimates; None where nothing is known of its latents."""

    def decode_chunks(self, vae: V, latents: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield pixels [B 3 f H W] in -1..1 on the CPU, in chunks over time, of latents [B C T H W]."""

    def compression(self, vae: V) -> Compression | None:
        """Pixels per latent of a VAE, and the numbers of frames that it takes; None for a VAE of images."""

    def latent_space(self, vae: V) -> str | None:
        """Whose latents a VAE makes, as people call that model; None where nothing is known of it."""

    def encode(self, vae: V, images: torch.Tensor) -> torch.Tensor:
        """Latents [1 C T H W] of a clip [F H W 3] in 0..1, where F is a number that the VAE takes."""

    def encode_stream(self, vae: V, chunks: Callable[[], Iterator[torch.Tensor]], frames: int) -> torch.Tensor:
        """Latents of a clip that `chunks` gives in parts [f H W 3], from its beginning each time that it is called.

        Memory does not grow with the clip for VAEs from Sora Load Model and of Wan; others take all `frames` at once.
        Raises ValueError where there is no memory for that.
        """

    def sound_grid(self, vae: V, audio_vae: Any | None) -> SoundGrid | None:
        """The grid of the sound beside the frames of a VAE: of its audio VAE, or the only one of the VAE's family.

        None where no audio VAE is connected and the VAE does not say. Raises ValueError for an audio VAE that is none,
        or that does not belong to the VAE.
        """

    def grid_of_sound(self, latents: torch.Tensor) -> SoundGrid:
        """The grid of sound in a LATENT, by its shape. Raises ValueError for one that no family has."""

    def encode_sound(self, audio_vae: Any, sound: Sound) -> torch.Tensor:
        """Latents [1 C L R] or [1 C R L] of sound, of its grid; the last ones may be of silence."""

    def decode_sound(self, audio_vae: Any, latents: torch.Tensor) -> Sound:
        """Sound of latents of one clip. Raises ValueError for latents of another audio VAE."""

    def nested(self, streams: list[torch.Tensor]) -> Any:
        """Samples or noise_mask of a LATENT that holds frames and sound."""

    def language_model(self, clip: Any, *, pictures: bool) -> LanguageModel:
        """A CLIP that answers conversations. pictures: whether it has to see any.

        Raises ValueError, in one line, for a CLIP that cannot: most text encoders only read.
        """

    def captioner(self, name: str) -> Captioner:
        """The captioner of a model of model_names. Raises CheckpointError for one that has none."""

    def input_folder(self) -> Path:
        """The folder of the files that nodes may read."""

    def unload(self, clip: Any) -> None:
        """Take the weights of a CLIP out of the device's memory; the host loads them again when they are needed."""

    def progress(self, total: int, work: Work) -> Progress:
        """A progress bar for the node that is running, with the time that is left."""

    def temp_path(self, suffix: str) -> Path:
        """An unused file name in the host's temporary folder."""

    def video_from_file(self, path: Path) -> Any:
        """A VIDEO that reads `path` when it is needed."""

    def video_from_temp_file(self, path: Path) -> Any:
        """The same of a file of temp_path, which is removed when nothing holds the VIDEO any more."""

    def video_from_lossless(self, path: Path) -> Any:
        """The same of a file of video_io.write_lossless: nodes read it, and H.264 is made of it when it is saved."""

    def read_video(self, video: Any, *, sound: bool = True) -> Recording:
        """Read a VIDEO at a constant rate. sound: whether that of a file is read.

        Raises FileNotFoundError, and ValueError for a file that is no video.
        """

    def video_from_frames(self, images: torch.Tensor, fps: float, audio: dict[str, Any] | None) -> Any:
        """A VIDEO of frames [F H W 3] in 0..1, and its AUDIO."""

    def blocked(self, reason: str) -> Any:
        """An output that was not made; a node that it is connected to fails with the reason."""

    def running_graph(self) -> Mapping[str, Any] | None:
        """The graph that runs, in API format, for what is asked of a node before it runs; None where nothing runs."""

    def checked_graph(self) -> Mapping[str, Any] | None:
        """The graph that is checked before it runs, in API format, for `validate_inputs`; None where nodes are told."""

    def input_file(self, name: str) -> Path | None:
        """The file that a node loads by this name; None for one outside the host's folders."""

    def notify(self, node_id: str | None, text: str) -> None:
        """Show the user a notice about a node, in less than 60 letters; None is the node that is running."""

    def taken_notices(self, node_id: str | None) -> list[str]:
        """All notices about a node in this run since they were last taken, for its `ui` output."""


_installed: list[Host[Any, Any]] = []


def install(new: Host[Any, Any]) -> None:
    """Make `new` the host that runs all nodes."""
    _installed[:] = [new]


def is_installed() -> bool:
    """Whether a host is installed."""
    return bool(_installed)


def current() -> Host[Any, Any]:
    """The installed host. Raises RuntimeError where there is none."""
    if not _installed:
        raise RuntimeError("no host is installed: the nodes were imported but neither ComfyUI nor headless runs them")
    return _installed[0]
