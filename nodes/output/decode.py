"""The decoders: latents to an IMAGE batch, or in chunks to a video file in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas.shapes import Compression
from ...sora_core.tensors.finite import check_vae
from ...sora_core.video.joining import close_loop
from ...sora_core.video.video_io import write_lossless
from .. import host
from ..host.values import Vae
from ..io.adapters import Latent, check_made_with, latent_samples, vae_compression
from ..io.schema import declare
from ..io.sockets import audio_vae_input, fps_input
from .sound_decoder import left_out, sound_for


class SoraVAEDecode(io.ComfyNode):
    """Decodes latents to images."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraVAEDecode",
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
            display_name="Sora Decode to Video",
            description="Decodes video latents to a lossless temporary file: later nodes read the frames as they were "
            "decoded, and the video is encoded once, when it is saved. Memory does not grow with the length of the "
            "video for VAEs from Sora Load Model and of Wan; other VAEs decode the whole clip first.",
            search_aliases=["vae decode", "create video", "latent to video", "mp4"],
            inputs=[
                io.Latent.Input("samples", tooltip="Video latents of one clip, from a sampler."),
                io.Vae.Input("vae", tooltip="The VAE of the model."),
                fps_input("Frames per second of the video; connect the fps of Sora Video Grid."),
                io.Int.Input(
                    "frames",
                    default=0,
                    min=0,
                    max=1_000_000,
                    optional=True,
                    tooltip="For a loop: the frames of one pass, from Sora Loop Video. Frames after them repeat the "
                    "beginning and are faded into it. 0 for any other video.",
                ),
                audio_vae_input(
                    "For latents of frames and sound (LTX-2, MiniMax-H3): the audio VAE of the model, so that the file "
                    "gets the sound."
                ),
                io.Audio.Input(
                    "audio",
                    optional=True,
                    tooltip="Sound for the file instead of the source's: cut where the frames end, or silent from "
                    "where it ends.",
                ),
            ],
            outputs=[io.Video.Output(display_name="video", tooltip="The video, for Save Video or another video node.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        samples: Latent,
        vae: Vae,
        fps: float,
        frames: int = 0,
        audio_vae: Any | None = None,
        audio: dict[str, Any] | None = None,
    ) -> Any:
        check_made_with(samples, vae)
        latents, compression = _of_one_clip(samples), vae_compression(vae)
        overlap = _overlap(frames, compression, latents.shape[2]) if frames else 0
        total = compression.time_grid.frames_about(latents.shape[2])
        sound = sound_for(audio, samples, audio_vae, fps, total - overlap, total)
        loop = f"A loop of {frames} frames; its last {overlap} fade into its beginning." if overlap else ""
        if notices := [text for text in (loop, "" if audio else left_out(samples, audio_vae, fps)) if text]:
            host.current().notify(cls.hidden.unique_id, " ".join(notices))
        decoded = (frame for chunk in _decoded(vae, latents) for frame in chunk[0])
        shown = close_loop(decoded, frames, overlap) if overlap else decoded
        path = host.current().temp_path(".mov")
        write_lossless(path, ((frame * 255).round().to(torch.uint8) for frame in shown), fps, sound=sound)
        return io.NodeOutput(host.current().video_from_lossless(path))


def _of_one_clip(samples: Latent) -> torch.Tensor:
    """Frames of a LATENT of one clip. Raises ValueError for more."""
    latents = latent_samples(samples)
    if latents.shape[0] != 1:
        raise ValueError(f"got a batch of {latents.shape[0]} clips, expected 1: split it with Latent From Batch")
    return latents


def _overlap(frames: int, compression: Compression, latents: int) -> int:
    """Frames after one pass of a loop of `frames`."""
    total = compression.video_frames(latents)
    if total > 2 * frames:
        raise ValueError(
            f"got frames {frames} of {total}, expected at least half of them, or 0 where the video is no loop"
        )
    return max(0, total - frames)


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
    progress, done = host.current().progress(total), 0
    for chunk in host.current().decode_chunks(vae, latents):
        done += chunk.shape[2]
        progress.update(done)
        yield check_vae(chunk).float().add(1).div(2).clamp(0, 1).movedim(1, -1)
