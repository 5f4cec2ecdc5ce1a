"""What the nodes need of the program that runs them, as one protocol: ComfyUI has one implementation, headless another.

A node never asks where it runs. Models differ between the two (ComfyUI places, patches and offloads them), so all
that touches a MODEL, CLIP or VAE beyond their common methods goes through here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from PIL import Image

from ...sora_core.canvas.shapes import PatchSize
from ...sora_core.diffusion.options import SamplingOptions
from ...sora_core.diffusion.sampler import StepCallback
from .job import FramesBeside, SamplingJob
from .notices import Shift
from .values import Clip, Vae

M = TypeVar("M")  # the host's class of MODEL
V = TypeVar("V", bound=Vae)  # and of VAE

Preview = Callable[[int], Image.Image]
"""Number of the picture, counted from 0 -> picture"""


class Recording(NamedTuple):
    """What a VIDEO holds. frames: [F H W 3] in 0..1; sound: AUDIO, {"waveform": [1 C N], "sample_rate": Hz}, or None.

    varied: the file has no constant rate; the frames are then those that are shown at each moment at `fps`.
    """

    frames: torch.Tensor
    fps: float
    sound: dict[str, Any] | None
    varied: bool


class Progress(Protocol):
    """A progress bar of the running node."""

    def update(self, done: int, preview: Preview | None = None) -> None:
        """Show `done` steps, and a picture where the host wants one now.

        Raises the host's own exception where the user has interrupted.
        """


class Host(Protocol[M, V]):
    """The program that runs the nodes."""

    def model_names(self) -> list[str]:
        """Names that load_model takes; the bundled model first."""

    def load_model(self, name: str) -> tuple[M, Clip, V]:
        """MODEL, CLIP and VAE. Raises ValueError for an unknown name and CheckpointError for broken files."""

    def sample(self, model: M, job: SamplingJob, on_step: StepCallback) -> torch.Tensor:
        """Run the job on a MODEL: latents [B C T H W] as the VAE takes them."""

    def timestep_patch(self, model: M) -> PatchSize | None:
        """Latents per token of a MODEL that takes a timestep per token; None for one that takes a single timestep."""

    def sampling_options(self, model: M) -> SamplingOptions:
        """The options that with_sampling_options put into a MODEL, else the defaults."""

    def with_sampling_options(self, model: M, options: SamplingOptions) -> M:
        """The MODEL with these options, for Sora Sampler, in place of those that it had; the one given stays."""

    def shift(self, model: M) -> Shift:
        """The shift of a MODEL's own schedule."""

    def frames_beside(self, model: M) -> FramesBeside | None:
        """What a MODEL is shown beside the frames that are sampled; None for one that sees nothing else.

        Raises ValueError for a MODEL that no job can be run on.
        """

    def two_experts(self, high: M, low: M, boundary: float) -> M:
        """One MODEL of two: `high` answers for noise levels from the boundary up, `low` for those below.

        Raises ValueError for two that do not belong together, and for one that is two already.
        """

    def preview_colours(self, model: M) -> torch.Tensor | None:
        """[C+1 3]: RGB in 0..1 as a linear function of a latent, the last row the constant; None where unknown."""

    def decode_chunks(self, vae: V, latents: torch.Tensor) -> Iterator[torch.Tensor]:
        """Pixels [B 3 f H W] in -1..1 on the CPU, chunk by chunk in time, of latents [B C T H W]."""

    def encode(self, vae: V, images: torch.Tensor) -> torch.Tensor:
        """Latents [1 C T H W] of a clip [F H W 3] in 0..1, whose F is 1 + a multiple of the compression in time."""

    def progress(self, total: int) -> Progress:
        """A progress bar for the node that is running."""

    def temp_path(self, suffix: str) -> Path:
        """A file name that is free, in a folder that the host empties."""

    def video_from_file(self, path: Path) -> Any:
        """A VIDEO that reads `path` when it is needed."""

    def read_video(self, video: Any) -> Recording:
        """All of a VIDEO at a constant rate. Raises FileNotFoundError, and ValueError for a file that is no video."""

    def video_from_frames(self, images: torch.Tensor, fps: float, audio: dict[str, Any] | None) -> Any:
        """A VIDEO of frames [F H W 3] in 0..1."""

    def notify(self, node_id: str | None, text: str) -> None:
        """Tell the user something about a node."""


_installed: list[Host[Any, Any]] = []


def install(new: Host[Any, Any]) -> None:
    """Make `new` the host of all nodes."""
    _installed[:] = [new]


def is_installed() -> bool:
    """Whether there is one."""
    return bool(_installed)


def current() -> Host[Any, Any]:
    """The host that was installed."""
    if not _installed:
        raise RuntimeError("no host is installed: the nodes were imported but neither ComfyUI nor headless runs them")
    return _installed[0]
