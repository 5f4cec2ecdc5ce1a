"""The decoders: latents to an IMAGE batch, or in chunks to a video file in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.tensors.finite import check_vae
from ...sora_core.video.colours import bytes_of
from ...sora_core.video.joining import close_loop
from ...sora_core.video.video_io import write_lossless
from .. import host
from ..host.time_left import DECODING
from ..host.values import Vae
from ..io.adapters import Latent, check_made_with, clips_of, latent_samples, vae_compression
from ..io.joins import KEY as JOINS
from ..io.joins import joins_of
from ..io.loops import MOST as LOOP_MOST
from ..io.loops import check_turn
from ..io.schema import declare, former_input
from ..io.sockets import audio_vae_input
from ..io.timing import decoded_fps, fps_notice
from ..io.told import outputs, tell
from .join_meter import JoinMeter
from .kept_latents import keeps_latents
from .sound_decoder import left_out, sound_for


class SoraVAEDecode(io.ComfyNode):
    """Decodes latents to images."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraVAEDecode",
            "output",
            display_name="Sora VAE Decode",
            description="Decodes video latents to images, all in memory. To save a video use Sora Decode to Video.",
            search_aliases=["vae decode", "latent to image", "frames"],
            inputs=[
                io.Latent.Input("samples", tooltip="Video latents, from a sampler."),
                io.Vae.Input("vae", tooltip="The VAE of the model."),
            ],
            outputs=[io.Image.Output(display_name="images", tooltip="The frames. A minute of 1080p takes 36 GB.")],
        )

    @classmethod
    @keeps_latents
    def execute(cls, samples: Latent, vae: Vae) -> Any:
        check_made_with(samples, vae)
        latents = latent_samples(samples)
        images = _joined(_decoded(vae, latents), vae_compression(vae).time_grid.frames_about(latents.shape[2]))
        return io.NodeOutput(images.flatten(0, 1))  # [B*F H W 3]


class SoraDecodeToVideo(io.ComfyNode):
    """Decodes latents to a video file."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraDecodeToVideo",
            "output",
            display_name="Sora Decode to Video",
            description="Decodes video latents to a lossless temporary file: later nodes read the frames as they were "
            "decoded, and the video is encoded once, when it is saved. Memory does not grow with the length of the "
            "video for VAEs from Sora Load Model and of Wan; other VAEs decode the whole clip first.",
            search_aliases=["vae decode", "create video", "latent to video", "mp4"],
            inputs=[
                io.Latent.Input("samples", tooltip="Video latents, from a sampler."),
                io.Vae.Input("vae", tooltip="The VAE of the model."),
                io.Float.Input(
                    "fps",
                    default=0.0,
                    min=0.0,
                    max=120.0,
                    step=1.0,
                    tooltip="Frames per second of the video; 0 uses the rate that the latent was made for.",
                ),
                io.Int.Input(
                    "loop_frames",
                    default=0,
                    min=0,
                    max=LOOP_MOST,
                    optional=True,
                    advanced=True,
                    tooltip="For a loop: the frames of one pass, from Sora Loop Video. Frames after them repeat the "
                    "beginning and are faded into it. 0 for any other video.",
                ),
                audio_vae_input(
                    "For latents of frames and sound (LTX-2, MiniMax-H3): the audio VAE of the model, so that the file "
                    "gets the sound."
                ),
                former_input("frames", "loop_frames", LOOP_MOST),
                io.Audio.Input(
                    "audio",
                    optional=True,
                    tooltip="Sound for the file instead of the source's: cut where the frames end, or silent from "
                    "where it ends.",
                ),
            ],
            outputs=[
                io.Video.Output(
                    display_name="video",
                    is_output_list=True,
                    tooltip="The video, for Save Video or another video node; of a batch, one for each clip.",
                )
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @keeps_latents
    def execute(
        cls,
        samples: Latent,
        vae: Vae,
        fps: float,
        loop_frames: int = 0,
        audio_vae: Any | None = None,
        frames: int = 0,
        audio: dict[str, Any] | None = None,
    ) -> Any:
        check_made_with(samples, vae)
        film = _Film(vae, decoded_fps(samples, fps), loop_frames or frames, audio_vae, audio)
        lost = "" if audio else left_out(samples, audio_vae, film.fps)
        tell(cls, (fps_notice(samples, fps), film.loop_notice(samples), lost))
        meter = film.meter(samples)
        videos = [film.written(clip, None if place else meter) for place, clip in enumerate(clips_of(samples))]
        return outputs(cls, videos, shown=film.shown(samples, meter))


@dataclass(frozen=True)
class _Film:
    """How clips become files. turn: frames of one pass of a loop; 0 for no loop."""

    vae: Vae
    fps: float
    turn: int
    audio_vae: Any | None
    audio: dict[str, Any] | None

    def written(self, clip: Latent, meter: JoinMeter | None) -> Any:
        """A VIDEO of a LATENT of one clip, whose joins a meter measures."""
        latents, overlap = latent_samples(clip), self._overlap(clip)
        total = vae_compression(self.vae).time_grid.frames_about(latents.shape[2])
        sound = sound_for(self.audio, clip, self.audio_vae, self.fps, total - overlap, total)
        decoded = (frame for chunk in _decoded(self.vae, latents) for frame in chunk[0])
        shown = close_loop(decoded, self.turn, overlap) if overlap else decoded
        shown = shown if meter is None else meter.watched(shown)
        path = host.current().temp_path(".mov")
        write_lossless(path, map(bytes_of, shown), self.fps, sound=sound)
        return host.current().video_from_lossless(path)

    def meter(self, samples: Latent) -> JoinMeter | None:
        """What measures the joins that a LATENT says; None where it says none."""
        joins, overlap = joins_of(samples, latent_samples(samples).shape[2]), self._overlap(samples)
        return JoinMeter(joins, (self.turn, overlap) if overlap else (0, 0)) if joins else None

    def shown(self, samples: Latent, meter: JoinMeter | None) -> dict[str, list[Any]]:
        """What the widget of a timeline shows: its joins, and the frame of the canvas that the video begins with."""
        return {} if meter is None else {JOINS: [{"joins": meter.measures(), "begin": self._overlap(samples)}]}

    def loop_notice(self, samples: Latent) -> str:
        """The notice about a loop; "" for none."""
        overlap = self._overlap(samples)
        return f"A loop of {self.turn} frames; its last {overlap} are faded." if overlap else ""

    def _overlap(self, samples: Latent) -> int:
        """Frames after one pass of a loop."""
        if not self.turn:
            return 0
        total = vae_compression(self.vae).video_frames(latent_samples(samples).shape[2])
        check_turn(self.turn, total)
        return max(0, total - self.turn)


def _joined(chunks: Iterator[torch.Tensor], expected: int) -> torch.Tensor:
    """All frames [B F H W 3] of chunks [B f H W 3]; one allocation for as many as expected, and no more memory."""
    images, done = torch.empty(0), 0
    for chunk in chunks:
        length = chunk.shape[1]
        if not done:
            images = chunk.new_empty(chunk.shape[0], max(expected, length), *chunk.shape[2:])
        elif done + length > images.shape[1]:
            images = torch.cat([images, torch.empty_like(images[:, :1]).expand(-1, done + length, -1, -1, -1)], dim=1)
        images[:, done : done + length] = chunk
        done += length
    return images[:, :done]


def _decoded(vae: Vae, latents: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yields frames [B f H W 3] in 0..1 in chunks, and updates the progress bar after each."""
    total = vae_compression(vae).time_grid.frames_about(latents.shape[2])
    progress, done = host.current().progress(total, DECODING), 0
    progress.update(0)
    for chunk in host.current().decode_chunks(vae, latents):
        done += chunk.shape[2]
        progress.update(done)
        yield check_vae(chunk).float().add(1).div(2).clamp(0, 1).movedim(1, -1)
