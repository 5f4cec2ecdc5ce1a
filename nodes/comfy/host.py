"""ComfyUI as the host of the nodes: model folders, progress bar, interrupt, temp folder, native models."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import comfy.model_management
import folder_paths
import torch
from comfy_api.latest import InputImpl, Types
from comfy_execution.graph_utils import ExecutionBlocker
from comfy_execution.utils import get_executing_context
from server import PromptServer  # type: ignore[import-not-found]

from ...sora_core.canvas.shapes import Compression, PatchSize
from ...sora_core.canvas.sound_grid import SoundGrid
from ...sora_core.captions.bundled import BundledCaptioner
from ...sora_core.checkpoint import load_dit, load_text_encoder, load_vae
from ...sora_core.checkpoint.model_folders import ModelFiles, ModelFolder, find_model
from ...sora_core.diffusion.options import SamplingOptions
from ...sora_core.diffusion.sampler import StepCallback
from ...sora_core.language import Captioner, LanguageModel
from ...sora_core.models.trained_on import UNKNOWN, TrainedOn
from ...sora_core.system.memory import is_out_of_memory
from ...sora_core.system.printable import printable
from ...sora_core.video.file_frames import FileFrames
from ...sora_core.video.geometry import even
from ...sora_core.video.sound import Sound
from .. import host
from ..host.job import ConcatFrames, SamplingJob
from ..host.models import known_models, model_called
from ..host.notices import Shift, in_short
from ..host.protocol import Previewer, Recording, recording_of
from ..host.time_left import ENCODING, Work
from ..host.values import Clip, Vae
from ..io.adapters import check_decodes, check_encoded
from ..io.preview import LinearPreviewer, colours_of
from ..io.told import KEY as NOTICES
from . import language, sounds
from .belonging import latent_space
from .checked_graph import checked_graph
from .clip_parts import encoded_in_parts, encodes_parts
from .compressions import compression_of
from .experts import two_experts
from .loras import check_loras
from .model import SoraLatentFormat, SoraModel, native_clip, native_model
from .patcher import Patcher
from .progress import ComfyProgress
from .sampling import (
    concat_frames,
    nested,
    sample_natively,
    sampling_options,
    shift_of,
    timestep_patch,
    with_sampling_options,
)
from .vae import NativeVAE, streaming_form
from .videos import DecodedVideo, temp_file_name
from .whole_clips import check_whole, whole_clip

log = logging.getLogger(__name__)
MODELS = "diffusion_models"  # ComfyUI's name of its model folders
CAPTIONER_MEMORY = 2**30  # bytes, for a small captioner, its VAE and a few seconds of small frames


class _Watch:
    """Interrupts the reading of a file when the user does, and shows what is wrong with it at the running node."""

    def check(self) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()

    def tell(self, text: str) -> None:
        for part in in_short(text):
            host.current().notify(None, part)


class ComfyHost:
    """See host.Host."""

    def __init__(self) -> None:
        self._notices: dict[tuple[str | None, str | None], list[str]] = {}  # of a run and a node

    def model_names(self) -> list[str]:
        return list(_models())

    def load_model(self, name: str) -> tuple[Patcher, Clip, Vae]:
        files = find_model(model_called(name, _models()).path)
        files.check(image_to_video=True)
        vae, trained_on = load_vae(files.vae), files.trained_on()
        model = _load_diffusion(files, SoraLatentFormat(vae))
        return (
            model,
            native_clip(load_text_encoder(files.text_encoder), trained_on),
            NativeVAE(vae, trained_frames=trained_on.frames),
        )

    def sample(self, model: Patcher, job: SamplingJob, on_step: StepCallback) -> Any:
        return sample_natively(model, job, on_step)

    def with_sound(self, model: Patcher, job: SamplingJob) -> tuple[SamplingJob, str]:
        return sounds.with_sound(model, job)

    def timestep_patch(self, model: Patcher) -> PatchSize | None:
        return timestep_patch(model)

    def sampling_options(self, model: Patcher) -> SamplingOptions:
        return sampling_options(model)

    def with_sampling_options(self, model: Patcher, options: SamplingOptions) -> Patcher:
        return with_sampling_options(model, options)

    def shift(self, model: Patcher) -> Shift:
        return shift_of(model)

    def concat_frames(self, model: Patcher) -> ConcatFrames | None:
        return concat_frames(model)

    def check_loras(self, model: Patcher, graph: Mapping[str, Any] | None, node_id: str | None) -> None:
        check_loras(model, graph, node_id)

    def two_experts(self, high: Patcher, low: Patcher, boundary: float) -> Patcher:
        return two_experts(high, low, boundary)

    def trained_on(self, model: Patcher) -> TrainedOn:
        return model.model.trained_on if isinstance(model.model, SoraModel) else UNKNOWN

    def trained_frames(self, vae: Any) -> int:
        return vae.trained_frames if isinstance(vae, NativeVAE) else 0

    def previewer(self, model: Patcher) -> Previewer | None:
        return _previewer(model.get_model_object("latent_format"), sounds.frame_channels(model))

    def decode_chunks(self, vae: Any, latents: torch.Tensor) -> Iterator[torch.Tensor]:
        check_decodes(vae, latents)
        return _decoded(vae, latents)

    def compression(self, vae: Any) -> Compression | None:
        return compression_of(vae)

    def latent_space(self, vae: Any) -> str | None:
        return latent_space(vae)

    def encode(self, vae: Any, images: torch.Tensor) -> torch.Tensor:
        stream, progress = streaming_form(vae), self.progress(len(images), ENCODING)
        progress.update(0)
        latents = vae.encode(images) if stream is None else stream.encode_stream(lambda: iter([images]), progress)
        progress.update(len(images))
        check_encoded(vae, images, latents)
        return latents

    def encode_stream(self, vae: Any, chunks: Callable[[], Iterator[torch.Tensor]], frames: int) -> torch.Tensor:
        stream, progress = streaming_form(vae), self.progress(frames, ENCODING)
        if stream is not None:
            latents = stream.encode_stream(chunks, progress)
            progress.update(frames)
            return latents
        parts = encoded_in_parts(vae, chunks, frames, progress) if encodes_parts(vae) else None
        return self.encode(vae, whole_clip(vae, chunks, frames)) if parts is None else parts

    def sound_grid(self, vae: Any, audio_vae: Any | None) -> SoundGrid | None:
        return sounds.sound_grid(vae, audio_vae)

    def grid_of_sound(self, latents: torch.Tensor) -> SoundGrid:
        return sounds.grid_of_sound(latents)

    def encode_sound(self, audio_vae: Any, sound: Sound) -> torch.Tensor:
        return sounds.encode_sound(audio_vae, sound)

    def decode_sound(self, audio_vae: Any, latents: torch.Tensor) -> Sound:
        return sounds.decode_sound(audio_vae, latents)

    def nested(self, streams: list[torch.Tensor]) -> Any:
        return nested(streams)

    def language_model(self, clip: Any, *, pictures: bool) -> LanguageModel:
        return language.language_model(clip, pictures=pictures)

    def captioner(self, name: str) -> Captioner:
        device = comfy.model_management.get_torch_device()
        comfy.model_management.free_memory(CAPTIONER_MEMORY, device)
        return BundledCaptioner.load(model_called(name, _models()).path, device=device)

    def input_folder(self) -> Path:
        return Path(folder_paths.get_input_directory())

    def unload(self, clip: Any) -> None:
        language.unload(clip)

    def progress(self, total: int, work: Work) -> ComfyProgress:
        return ComfyProgress(total, work)

    def temp_path(self, suffix: str) -> Path:
        folder = Path(folder_paths.get_temp_directory())
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"sora_{uuid4().hex[:12]}{suffix}"

    def video_from_file(self, path: Path) -> Any:
        return InputImpl.VideoFromFile(os.fspath(path))

    def video_from_temp_file(self, path: Path) -> Any:
        return InputImpl.VideoFromFile(temp_file_name(path))

    def video_from_lossless(self, path: Path) -> Any:
        return DecodedVideo(path)

    def read_video(self, video: Any, *, sound: bool = True) -> Recording:
        if isinstance(video, DecodedVideo):
            return recording_of(FileFrames(video.lossless, watch=_Watch()), sound=sound)
        if not isinstance(video, InputImpl.VideoFromFile):
            parts = video.get_components()
            return Recording(parts.images, float(parts.frame_rate), parts.audio, varied=False)
        start, duration = video.get_active_trim_window()
        frames = FileFrames(video.get_stream_source(), start, duration, watch=_Watch())
        if not frames.stamped:
            raise ValueError("got a video without timestamps, which ComfyUI needs: convert it to mp4")
        return recording_of(frames, duration, sound=sound)

    def video_from_frames(self, images: torch.Tensor, fps: float, audio: dict[str, Any] | None) -> Any:
        rate = Fraction(fps).limit_denominator(1001)
        parts = Types.VideoComponents(images=even(images), audio=audio, frame_rate=rate)  # H.264 has no odd sizes
        return InputImpl.VideoFromComponents(parts)

    def blocked(self, reason: str) -> ExecutionBlocker:
        return ExecutionBlocker(reason)

    def running_graph(self) -> Mapping[str, Any] | None:
        """See Host. ComfyUI gives the graph to a node that runs, but not where it asks what a node depends on."""
        server = getattr(PromptServer, "instance", None)  # none where a program runs nodes without the server
        queue = getattr(server, "prompt_queue", None)
        running = [] if queue is None else queue.get_current_queue_volatile()[0]
        return running[-1][2] if running else None

    def checked_graph(self) -> Mapping[str, Any] | None:
        return checked_graph()

    def input_file(self, name: str) -> Path | None:
        try:
            path = Path(folder_paths.get_annotated_filepath(name)).resolve()
        except (ValueError, OSError):  # no name of a file
            return None
        folders = (folder_paths.get_input_directory(), folder_paths.get_output_directory())
        return path if any(path.is_relative_to(Path(folder).resolve()) for folder in folders) else None

    def notify(self, node_id: str | None, text: str) -> None:
        log.info("Sora: %s", printable(text))
        run, node = self._running(node_id)
        self._notices = {key: kept for key, kept in self._notices.items() if key[0] == run}  # a run may have failed
        notices = self._notices.setdefault((run, node), [])
        notices.append(text)
        server = PromptServer.instance
        if node is not None and server.client_id is not None:
            server.send_sync(NOTICES, {"node": node, "notices": [*notices]}, server.client_id)

    def taken_notices(self, node_id: str | None) -> list[str]:
        return self._notices.pop(self._running(node_id), [])

    def _running(self, node_id: str | None) -> tuple[str | None, str | None]:
        """The run, and the node: the one that is running where none is given."""
        running = get_executing_context()
        return (running.prompt_id, node_id or running.node_id) if running else (None, node_id)


def _previewer(latent_format: Any, channels: int) -> Previewer | None:
    """See Host.previewer; not every family of ComfyUI has factors. channels: of frames."""
    if isinstance(latent_format, SoraLatentFormat):
        return latent_format.previewer
    factors = latent_format.latent_rgb_factors
    if factors is None or len(factors) != channels:
        return None
    return LinearPreviewer(colours_of(factors, latent_format.latent_rgb_factors_bias))


def _decoded(vae: Any, latents: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yield chunks if we have a streaming form of the VAE and memory for a chunk, else the whole clip from ComfyUI."""
    stream, done = streaming_form(vae), 0
    try:
        for chunk in stream.decode_stream(latents) if stream else ():
            yield chunk
            done += chunk.shape[2]
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        log.warning("Sora: out of memory for a chunk of frames; ComfyUI decodes the whole clip, in tiles if necessary")
        stream = None
    if stream is None:
        if (ratio := compression_of(vae)) is not None:
            check_whole(vae, ratio.time_grid.frames_about(latents.shape[2]), *_pixels(ratio, latents))
        images = vae.decode(latents)  # [B F H W 3] in 0..1
        yield images.movedim(-1, 1).mul(2).sub(1)[:, :, done:]


def _pixels(ratio: Compression, latents: torch.Tensor) -> tuple[int, int]:
    return latents.shape[-2] * ratio.height, latents.shape[-1] * ratio.width


def _load_diffusion(files: ModelFiles, layout: SoraLatentFormat) -> Patcher:
    """The MODEL of a folder, or both of its experts as one, loaded one after the other."""
    common = layout, files.family().sampling.shift, files.trained_on()
    if files.low_noise is None:
        return _load_dit(files.dit, *common)
    boundary = files.expert_boundary(files.low_noise)
    return two_experts(_load_dit(files.dit, *common), _load_dit(files.low_noise, *common), boundary)


def _load_dit(
    file: Path, layout: SoraLatentFormat, shift: float, trained_on: TrainedOn, *, disable_dynamic: bool = False
) -> Patcher:
    """A MODEL of one transformer; ComfyUI calls this again for another patcher with its own weights."""
    dit = load_dit(file, runs_on=comfy.model_management.get_torch_device())
    model = native_model(dit, layout, shift=shift, trained_on=trained_on, disable_dynamic=disable_dynamic)
    model.cached_patcher_init = (_load_dit, (file, layout, shift, trained_on))
    return model


def _models() -> dict[str, ModelFolder]:
    """Models by name, from ComfyUI's cached list of files: schemas are built often.

    A model of ours has its files in its folder, one of diffusers in subfolders.
    """
    folders: dict[str, Path] = {}
    for file in folder_paths.get_filename_list(MODELS):
        names = [folder.as_posix() for folder in Path(file).parents if folder.name][:2]
        path = folder_paths.get_full_path(MODELS, file) if set(names) - folders.keys() else None
        if path:
            folders |= dict(zip(names, Path(path).parents, strict=False))
    return known_models(folders.items())
