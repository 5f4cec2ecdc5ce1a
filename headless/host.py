"""HeadlessHost: the nodes' host without ComfyUI, with modules on one device and progress on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch

from ..nodes.host.job import ConcatFrames, Conditioning, SamplingJob
from ..nodes.host.models import known_models, load_parts, model_called
from ..nodes.host.notices import Shift
from ..nodes.host.protocol import Preview, Recording
from ..nodes.host.time_left import ENCODING, TimeLeft, Work
from ..nodes.host.timed_prompts import timed_prompts
from ..nodes.host.tokens import SoraTokenizer, Tokens, token_ids
from ..sora_core.canvas.shapes import Compression, PatchSize
from ..sora_core.canvas.sound_grid import SoundGrid
from ..sora_core.captions.bundled import BundledCaptioner
from ..sora_core.diffusion.guidance import guide
from ..sora_core.diffusion.options import SamplingOptions
from ..sora_core.diffusion.sampler import StepCallback
from ..sora_core.language import Captioner, LanguageModel
from ..sora_core.models.trained_on import TrainedOn
from ..sora_core.models.wan.dit import Experts, VideoDiT
from ..sora_core.models.wan.text_encoder import TextEncoder
from ..sora_core.models.wan.vae import VideoVAE
from ..sora_core.models.wan.vae.statistics import LatentStatistics
from ..sora_core.video.sound import Sound
from .folders import Folders
from .terminal import Terminal
from .video import DecodedVideo, Video, VideoFromComponents, VideoFromFile

LORAS = "loras"  # the host's name of its folders for LoRA files
NEEDS_COMFYUI = "models that make sound run in ComfyUI"


@dataclass(frozen=True)
class HeadlessModel:
    """MODEL: the DiT, the latent statistics, its shift, what it saw in training, and the options for Sora Sampler."""

    dit: VideoDiT | Experts
    statistics: LatentStatistics
    shift: Shift
    trained_on: TrainedOn
    options: SamplingOptions = field(default_factory=SamplingOptions)


class HeadlessClip:
    """CLIP, with the two methods of ComfyUI's class that nodes call."""

    def __init__(self, encoder: TextEncoder, trained_on: TrainedOn) -> None:
        self.tokenizer = SoraTokenizer(encoder, trained_on)
        self._encoder = encoder

    def tokenize(self, text: str) -> Tokens:
        """Tokenize one prompt."""
        return self.tokenizer.tokenize_with_weights(text)

    @torch.no_grad()
    def encode_from_tokens_scheduled(self, tokens: Tokens) -> Conditioning:
        """Encode tokens to a conditioning [[embeddings [1 L D], {...}]]."""
        device = next(self._encoder.parameters()).device
        return [[self._encoder(token_ids(tokens).to(device)).float().cpu(), {"pooled_output": None}]]


class HeadlessVAE:
    """VAE on raw latents, with the methods of ComfyUI's class that nodes call. trained_frames: see Host."""

    def __init__(self, vae: VideoVAE, trained_frames: int = 0) -> None:
        self._vae = vae
        self.trained_frames = trained_frames
        self._statistics = vae.statistics
        self.latent_channels = vae.latent_channels

    @property
    def compression(self) -> Compression:
        """Pixels per latent."""
        return self._vae.compression

    @torch.no_grad()
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """Encode a clip [F H W 3] in 0..1 to raw latents [1 C T h w] on the CPU."""
        return self._statistics.denormalise(self._vae.encode(self._pixels(images))).float().cpu()

    @torch.no_grad()
    def encode_stream(self, chunks: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
        """Encode parts [f H W 3] of a clip to parts [1 C t h w], which together equal encode of the whole."""
        for part in self._vae.encode_stream(self._pixels(chunk) for chunk in chunks):
            yield self._statistics.denormalise(part).float().cpu()

    def _pixels(self, images: torch.Tensor) -> torch.Tensor:
        return images.movedim(-1, 0)[None].to(next(self._vae.parameters())) * 2 - 1

    @torch.no_grad()
    def decode_stream(self, latents: torch.Tensor) -> Iterator[torch.Tensor]:
        """Decode raw latents [B C T H W] to chunks [B 3 f H W] around -1..1 on the CPU."""
        weight = next(self._vae.parameters())
        for chunk in self._vae.decode_stream(self._statistics.normalise(latents.to(weight))):
            yield chunk.float().cpu()


class HeadlessProgress:
    """Progress bar of the running node, without previews."""

    def __init__(self, total: int, work: Work, terminal: Terminal) -> None:
        self._total = total
        self._left = TimeLeft(work, total)
        self._terminal = terminal

    def update(self, done: int, preview: Preview | None = None) -> None:
        self._left.update(done)
        self._terminal.show_progress(done, self._total, self._left.after_bar())


class HeadlessHost:
    """See nodes.host.Host.

    model_roots: folders of model folders, listed once.
    temp: folder for temporary files; the caller removes it.
    """

    def __init__(self, *, model_roots: list[Path], temp: Path, device: str, terminal: Terminal) -> None:
        folders = [folder for root in model_roots for folder in sorted(root.iterdir())]
        self._models = known_models((folder.name, folder) for folder in folders)
        self._lora_folders = [root / LORAS for root in model_roots]
        self._temp = temp
        self._device = device
        self._terminal = terminal

    def lora_path(self, name: str) -> Path:
        """The LoRA file called `name`; ValueError with the folders that were searched."""
        for folder in self._lora_folders:
            path = folder / name
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                return path
        searched = (
            ", ".join(map(str, self._lora_folders)) or f"none: name a folder that has a folder {LORAS} by --models"
        )
        raise ValueError(f"got the LoRA {name!r}, expected a file in one of these folders: {searched}")

    def model_names(self) -> list[str]:
        return list(self._models)

    def load_model(self, name: str) -> tuple[HeadlessModel, HeadlessClip, HeadlessVAE]:
        dit, vae, text_encoder, family, trained_on = load_parts(model_called(name, self._models), self._device)
        dit, vae, text_encoder = dit.to(self._device), vae.to(self._device), text_encoder.to(self._device)
        shift = Shift(family.sampling.shift, from_node=False)
        model = HeadlessModel(dit, vae.statistics, shift, trained_on)
        return model, HeadlessClip(text_encoder, trained_on), HeadlessVAE(vae, trained_on.frames)

    def sample(self, model: HeadlessModel, job: SamplingJob, on_step: StepCallback) -> torch.Tensor:
        job.check_channels(model.dit.config.out_channels)
        job.check_text(model.dit.config.text_dim)
        text, negative = (
            _embeddings(cond, job.latents.shape[0], self._device) for cond in (job.positive, job.negative)
        )
        clean = model.statistics.normalise(job.latents.to(self._device).float())
        prompts = timed_prompts(job.positive, job.latents.shape[2])
        positive = text if prompts is None else prompts.text(len(text), text)
        guider = guide(model.dit, positive, negative, job.options.guidance)
        latents = job.run(guider, clean, self.timestep_patch(model), on_step)
        return model.statistics.denormalise(latents).cpu()

    def with_sound(self, model: HeadlessModel, job: SamplingJob) -> tuple[SamplingJob, str]:
        if job.sound is not None:
            raise ValueError(f"got a latent of frames and sound, expected frames alone: {NEEDS_COMFYUI}")
        return job, ""

    def timestep_patch(self, model: HeadlessModel) -> PatchSize | None:
        return model.dit.config.timestep_patch

    def sampling_options(self, model: HeadlessModel) -> SamplingOptions:
        return model.options

    def with_sampling_options(self, model: HeadlessModel, options: SamplingOptions) -> HeadlessModel:
        return replace(model, options=options)

    def shift(self, model: HeadlessModel) -> Shift:
        return model.shift

    def concat_frames(self, model: HeadlessModel) -> ConcatFrames | None:
        return None  # a model that is shown any is refused when it is loaded

    def check_loras(self, model: HeadlessModel, graph: Any, node_id: str | None) -> None:
        pass  # its own loader raises for a LoRA that fits another model

    def two_experts(self, high: HeadlessModel, low: HeadlessModel, boundary: float) -> HeadlessModel:
        experts = Experts(_expert(high, "high_noise"), _expert(low, "low_noise"), boundary)
        return replace(high, dit=experts)

    def trained_on(self, model: HeadlessModel) -> TrainedOn:
        return model.trained_on

    def trained_frames(self, vae: HeadlessVAE) -> int:
        return getattr(vae, "trained_frames", 0)

    def previewer(self, model: HeadlessModel) -> None:
        return None

    def decode_chunks(self, vae: HeadlessVAE, latents: torch.Tensor) -> Iterator[torch.Tensor]:
        return vae.decode_stream(latents)

    def compression(self, vae: HeadlessVAE) -> Compression:
        return vae.compression

    def latent_space(self, vae: HeadlessVAE) -> None:
        return None  # its VAEs are told apart by their channels

    def encode(self, vae: HeadlessVAE, images: torch.Tensor) -> torch.Tensor:
        self.progress(len(images), ENCODING).update(0)
        return vae.encode(images)

    def encode_stream(
        self, vae: HeadlessVAE, chunks: Callable[[], Iterator[torch.Tensor]], frames: int
    ) -> torch.Tensor:
        progress = self.progress(frames, ENCODING)
        progress.update(0)
        parts: list[torch.Tensor] = []
        for part in vae.encode_stream(chunks()):
            parts.append(part)
            progress.update(min(frames, vae.compression.video_frames(sum(one.shape[2] for one in parts))))
        return torch.cat(parts, dim=2)

    def sound_grid(self, vae: HeadlessVAE, audio_vae: Any | None) -> SoundGrid | None:
        if audio_vae is not None:
            raise ValueError(f"got an audio VAE, expected none: {NEEDS_COMFYUI}")
        return None

    def grid_of_sound(self, latents: torch.Tensor) -> SoundGrid:
        raise ValueError(f"got a latent of frames and sound, expected frames alone: {NEEDS_COMFYUI}")

    def encode_sound(self, audio_vae: Any, sound: Sound) -> torch.Tensor:
        raise ValueError(f"got sound to encode, expected none: {NEEDS_COMFYUI}")

    def decode_sound(self, audio_vae: Any, latents: torch.Tensor) -> Sound:
        raise ValueError(f"got sound to decode, expected none: {NEEDS_COMFYUI}")

    def nested(self, streams: list[torch.Tensor]) -> Any:
        raise ValueError(f"got frames and sound for one latent, expected frames alone: {NEEDS_COMFYUI}")

    def language_model(self, clip: HeadlessClip, *, pictures: bool) -> LanguageModel:
        raise ValueError(
            "the CLIP of Sora Load Model cannot write text, it only reads it: use a server (server_url), or ComfyUI "
            "with a CLIP that writes"
        )

    def captioner(self, name: str) -> Captioner:
        return BundledCaptioner.load(model_called(name, self._models).path, device=self._device)

    def input_folder(self) -> Path:
        return Folders.current().input

    def unload(self, clip: HeadlessClip) -> None:
        pass  # modules stay where they are until the run ends

    def progress(self, total: int, work: Work) -> HeadlessProgress:
        return HeadlessProgress(total, work, self._terminal)

    def temp_path(self, suffix: str) -> Path:
        return self._temp / f"sora_{uuid4().hex[:12]}{suffix}"

    def video_from_file(self, path: Path) -> Any:
        return VideoFromFile(path)

    def video_from_temp_file(self, path: Path) -> Any:
        return self.video_from_file(path)  # all of temp goes at the end of the run

    def video_from_lossless(self, path: Path) -> Any:
        return DecodedVideo(path)

    def read_video(self, video: Video, *, sound: bool = True) -> Recording:
        return video.recording(sound=sound)

    def video_from_frames(self, images: torch.Tensor, fps: float, audio: dict[str, Any] | None) -> VideoFromComponents:
        return VideoFromComponents(images, fps, audio)

    def blocked(self, reason: str) -> None:
        return None  # its graph is known before it runs, so that nothing is connected

    def running_graph(self) -> None:
        return None  # the executor sees the links itself

    def checked_graph(self) -> None:
        return None  # the validation shows it to the nodes

    def input_file(self, name: str) -> Path | None:
        return Folders.current().input_path(name) if Folders.current().check_input(name) is True else None

    def notify(self, node_id: str | None, text: str) -> None:
        self._terminal.notify(text)

    def taken_notices(self, node_id: str | None) -> list[str]:
        return []  # they are printed


def _expert(model: HeadlessModel, name: str) -> VideoDiT:
    if isinstance(model.dit, Experts):
        raise ValueError(f"got two experts as {name}, expected one MODEL that is a single expert")
    return model.dit


def _embeddings(conditioning: Conditioning, batch: int, device: str) -> torch.Tensor:
    """Return the embeddings [B L D] of a CONDITIONING with one entry; combined and scheduled ones need ComfyUI."""
    if len(conditioning) != 1:
        raise ValueError(f"got a conditioning of {len(conditioning)} parts, expected 1 from Sora Encode Text")
    embeddings: torch.Tensor = conditioning[0][0]
    return embeddings.to(device).expand(batch, -1, -1)
