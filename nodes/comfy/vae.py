"""Our VAE as ComfyUI's VAE, which encodes and decodes in chunks; also for Wan VAEs that core has loaded.

ComfyUI places, casts and offloads it like its own. Frames that do not fit into memory are coded in tiles.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import comfy.model_management
import comfy.model_patcher
import comfy.ops
import comfy.sd
import torch
from torch import nn

from ...sora_core.canvas.shapes import Compression, LatentShape, VideoShape
from ...sora_core.models.wan.vae import Tiles, VideoVAE
from ...sora_core.models.wan.vae.layers import ResidualBlock
from ...sora_core.models.wan.vae.state_dict import find_vae
from ...sora_core.models.wan.vae.streaming import collect
from ...sora_core.system.memory import is_out_of_memory
from ..host.protocol import Progress

log = logging.getLogger(__name__)

Tiling = Tiles | None
"""How to code frames: in tiles, or None for whole frames"""

Chunks = Callable[[], Iterator[torch.Tensor]]
"""Gives the parts [f H W 3] of a clip, from its beginning each time"""

CPU = torch.device("cpu")
SHARES_MEMORY = {"cpu", "mps"}  # devices without memory of their own: offloading to the CPU gains nothing
ACROSS = (2, 3, 5, 9, 17)  # numbers of tiles along the longer side of a frame
LEAST = 256  # smallest side of a tile in pixels: the VAE sees too little of a frame in a smaller one

CACHED, WORKING, BLENDED = 13, 17, 60  # see StreamMemory


@dataclass(frozen=True)
class StreamMemory:
    """Peak memory of encoding or decoding in chunks, in bytes, without the VAE's weights.

    Measured by counting every live tensor: per pixel of a frame and per channel of `channels`, Wan 2.1's decoder holds
    12.3 CACHED numbers and 13.7 WORKING ones (1920x1088 on the meta device, which takes a GPU's path) or 17 (512x512
    on the CPU), its encoder 7.3 and 12.7, those of Wan 2.2 and `nano` 9.3 and 15.9 at most. A frame BLENDED from tiles
    takes 55 numbers per pixel with the chunks of its tiles. The workspace of kernels is not included.

    step: tile sizes are multiples of it. channels: input and output channels of a layer at full size, per pixel.
    number: bytes of a number, times the batch size.
    """

    video: VideoShape
    step: int
    channels: float
    number: int

    @property
    def clip(self) -> int:
        """Bytes of all pixels of the clip."""
        return 3 * self.video.frames * self._pixels * self.number

    def on_device(self, tiling: Tiling = None) -> int:
        """Bytes on the device of the VAE."""
        if tiling is None:
            return int((CACHED + WORKING) * self.channels * self._pixels * self.number)
        count, pixels = self._tiles(tiling)
        cached = 0 if tiling.offload else CACHED * count * pixels
        return int(((cached + WORKING * pixels) * self.channels + BLENDED * self._pixels) * self.number)

    def parked(self, tiling: Tiling) -> int:
        """Bytes of offloaded caches of tiles."""
        if tiling is None or tiling.offload is None:
            return 0
        count, pixels = self._tiles(tiling)
        return int(CACHED * self.channels * count * pixels * self.number)

    def tilings(self, device: torch.device) -> list[Tiling]:
        """Those that fit into free memory, each smaller than those before; the smallest if none fits."""
        found: list[Tiling] = []
        free, room = (comfy.model_management.get_free_memory(place) for place in (device, CPU))
        for tiling in self._all_tilings(None if device.type in SHARES_MEMORY else CPU):
            is_less = all(self.on_device(tiling) < self.on_device(other) for other in found)
            if is_less and self.parked(tiling) <= room:
                found.append(tiling)
        found = [tiling for tiling in found if self.on_device(tiling) <= free] or found[-1:]
        if found[0] is not None:
            size, needed = f"{self.video.width}x{self.video.height}", self.on_device() / 1e9
            log.info("Sora: %s needs %.1f GB, %.1f are free; using %s", size, needed, free / 1e9, _name(found[0]))
        return found

    def _all_tilings(self, park: torch.device | None) -> Iterator[Tiling]:
        """All tilings, roughly from the most memory to the least. Tiles overlap by a quarter."""
        yield None
        longest = max(self.video.height, self.video.width)
        if park is not None:
            yield Tiles(longest, 0, park)  # not cut
        step = 4 * self.step
        sizes = {step * math.ceil(max(LEAST, 4 * longest / (3 * count + 1)) / step) for count in ACROSS}
        for size in sorted(sizes, reverse=True):
            if size < longest:
                yield Tiles(size, size // 4, park)

    @property
    def _pixels(self) -> int:
        return self.video.height * self.video.width

    def _tiles(self, tiles: Tiles) -> tuple[int, int]:
        """Number of tiles, and pixels of one."""
        stride, count, pixels = tiles.size - tiles.overlap, 1, 1
        for side in (self.video.height, self.video.width):
            count *= 1 + max(0, -(-(side - tiles.size) // stride))
            pixels *= min(side, tiles.size)
        return count, pixels


class RawVAE(nn.Module):
    """A VideoVAE on raw latents, as ComfyUI's VAEs are; it takes over the weights, in layers that cast them."""

    def __init__(self, vae: VideoVAE) -> None:
        super().__init__()
        self.vae = VideoVAE(vae.config, device="meta", operations=comfy.ops.disable_weight_init)
        self.vae.load_state_dict(vae.state_dict(), assign=True)
        self.vae.requires_grad_(False)
        self.statistics = vae.statistics

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """[B 3 F H W] in -1..1 -> raw [B C T H W]; drops frames beyond 1 + a multiple of the compression."""
        vae, ratio = self.vae, self.vae.compression
        pixels = pixels[:, :, : 1 + (pixels.shape[2] - 1) // ratio.time * ratio.time]

        def stream(tiling: Tiling) -> Iterator[torch.Tensor]:
            return tiling.encode_stream(vae, [pixels]) if tiling else vae.encode_stream([pixels])

        chunks = _first_that_fits(self.encoding(pixels.shape, pixels.dtype).tilings(pixels.device), stream)
        return self.statistics.denormalise(collect(chunks, ratio.latent_frames(pixels.shape[2])))

    def encode_stream(
        self,
        chunks: Callable[[], Iterator[torch.Tensor]],
        shape: Sequence[int],
        device: torch.device,
        dtype: torch.dtype,
    ) -> Iterator[torch.Tensor]:
        """Pixels in chunks [f H W 3] in 0..1, of [1 3 F H W] in all -> raw latents [1 C t h w] on the CPU."""

        def stream(tiling: Tiling) -> Iterator[torch.Tensor]:
            parts = (chunk.movedim(-1, 0)[None].mul(2).sub(1).to(device, dtype) for chunk in chunks())
            return tiling.encode_stream(self.vae, parts) if tiling else self.vae.encode_stream(parts)

        for part in _first_that_fits(self.encoding(shape, dtype).tilings(device), stream):
            yield self.statistics.denormalise(part).cpu().float()

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Raw [B C T H W] -> [B 3 F H W]; apart from the result, memory does not grow with T."""
        chunks = self.decode_stream(latents, latents.device, latents.dtype)
        return collect(chunks, self.vae.compression.video_frames(latents.shape[2]))

    def decode_stream(self, latents: torch.Tensor, device: torch.device, dtype: torch.dtype) -> Iterator[torch.Tensor]:
        """Raw [B C T H W] -> chunks [B 3 f H W]; latents move to the device one by one."""

        def stream(tiling: Tiling) -> Iterator[torch.Tensor]:
            parts = (self.statistics.normalise(part.to(device, dtype)) for part in latents.split(1, dim=2))
            return tiling.decode_stream(self.vae, parts) if tiling else self.vae.decode_stream(parts)

        return _first_that_fits(self.decoding(latents.shape, dtype).tilings(device), stream)

    def encoding(self, pixels: Sequence[int], dtype: torch.dtype) -> StreamMemory:
        """Memory to encode pixels of this shape."""
        return self._memory(self.vae.encoder.downsamples[0], VideoShape(*pixels[2:]), pixels[0], dtype)

    def decoding(self, latents: Sequence[int], dtype: torch.dtype) -> StreamMemory:
        """Memory to decode latents of this shape."""
        video = self.vae.compression.to_video(LatentShape(*latents[1:]))
        return self._memory(self.vae.decoder.upsamples[-1], video, latents[0], dtype)

    def _memory(self, level: nn.Module, video: VideoShape, batch: int, dtype: torch.dtype) -> StreamMemory:
        """level: of the encoder or decoder, the one at full size."""
        conv = next(module for module in level.modules() if isinstance(module, ResidualBlock)).residual[2]
        assert isinstance(conv, nn.Conv3d)
        channels = (conv.in_channels + conv.out_channels) / self.vae.config.patch_size**2
        number = batch * comfy.model_management.dtype_size(dtype)
        return StreamMemory(video, self.vae.compression.height, channels, number)


class NativeVAE(comfy.sd.VAE):
    """A VAE around a VideoVAE, with decode_stream.

    dtype, device: to compute in and on; None is ComfyUI's choice. trained_frames: see Host.
    """

    def __init__(
        self,
        vae: VideoVAE,
        dtype: torch.dtype | None = None,
        device: torch.device | None = None,
        *,
        trained_frames: int = 0,
    ) -> None:
        with _without_warnings():  # "no VAE weights detected": they are set below
            super().__init__(sd={})
        self.first_stage_model = RawVAE(vae).eval()
        self.trained_frames = trained_frames
        self._describe(vae.compression, vae.latent_channels)
        management = comfy.model_management
        self.device = device or management.vae_device()
        self.vae_dtype = dtype or management.vae_dtype(self.device, self.working_dtypes)
        self.output_device = management.intermediate_device()
        self.first_stage_model.to(self.vae_dtype)
        self.patcher = comfy.model_patcher.ModelPatcher(
            self.first_stage_model, load_device=self.device, offload_device=management.vae_offload_device()
        )
        self.size = management.module_size(self.first_stage_model)

    def _describe(self, ratio: Compression, channels: int) -> None:
        self.latent_channels, self.latent_dim, self.output_channels = channels, 3, 3
        self.working_dtypes = [torch.bfloat16, torch.float32]
        self.upscale_ratio = (lambda frames: max(0, frames * ratio.time - ratio.time + 1), ratio.height, ratio.width)
        self.downscale_ratio = (
            lambda frames: max(0, (frames + ratio.time - 1) // ratio.time),
            ratio.height,
            ratio.width,
        )
        self.upscale_index_formula = self.downscale_index_formula = (ratio.time, ratio.height, ratio.width)
        coder = self.first_stage_model

        def used(memory: StreamMemory) -> int:
            return memory.on_device() + memory.clip  # ComfyUI holds whole clips, one after the other

        self.memory_used_encode = lambda shape, dtype: used(coder.encoding((1, *shape[1:]), dtype))
        self.memory_used_decode = lambda shape, dtype: used(coder.decoding((1, *shape[1:]), dtype))
        self.process_output = lambda image: image.add_(1).div_(2).clamp_(0, 1)

    @torch.no_grad()
    def decode_stream(self, samples: torch.Tensor) -> Iterator[torch.Tensor]:
        """Raw latents [B C T H W] -> chunks [B 3 f H W] around -1..1 on the CPU."""
        coder = self.first_stage_model
        needed = coder.decoding(samples.shape, self.vae_dtype).on_device()
        comfy.model_management.load_models_gpu([self.patcher], memory_required=needed)
        for chunk in coder.decode_stream(samples, self.device, self.vae_dtype):
            yield chunk.cpu().float()

    @torch.no_grad()
    def encode_stream(self, chunks: Chunks, progress: Progress) -> torch.Tensor:
        """Pixels in chunks [f H W 3] in 0..1 -> raw latents [1 C T h w] on the CPU. progress: counts frames."""
        first, coder = next(chunks()), self.first_stage_model
        shape = (1, 3, *first.shape[:3])
        needed = coder.encoding(shape, self.vae_dtype).on_device()
        comfy.model_management.load_models_gpu([self.patcher], memory_required=needed)
        parts: list[torch.Tensor] = []
        for part in coder.encode_stream(chunks, shape, self.device, self.vae_dtype):
            parts.append(part)
            progress.update(coder.vae.compression.video_frames(sum(one.shape[2] for one in parts)))
        return torch.cat(parts, dim=2)


def streaming_form(vae: comfy.sd.VAE) -> NativeVAE | None:
    """A NativeVAE with the weights of any Wan VAE; None for other families.

    Wan's tensors have our names, whoever loaded them. It may hold a copy of the weights: do not keep it.
    """
    if isinstance(vae, NativeVAE):
        return vae
    weights = vae.first_stage_model.state_dict()
    try:
        found = find_vae({name: tuple(weight.shape) for name, weight in weights.items()})
    except ValueError:  # of this family but not a published one: ComfyUI has its own class for it
        return None
    if found is None:
        return None
    twin = VideoVAE(
        replace(found.config, latent_mean=None, latent_std=None), device="meta"
    )  # raw latents, as ComfyUI's
    try:
        twin.load_state_dict(
            {name: weight.to(vae.patcher.offload_device) for name, weight in weights.items()}, assign=True
        )
    except RuntimeError:  # as above: for example, it decodes to other channels
        return None
    return NativeVAE(twin, vae.vae_dtype, vae.device)  # a node may have chosen these


def _first_that_fits(
    tilings: list[Tiling], stream: Callable[[Tiling], Iterator[torch.Tensor]]
) -> Iterator[torch.Tensor]:
    """Yield chunks [B C t H W] of `stream`; out of memory, go on with the next tiling from the same frame."""
    given = 0
    for tiling, then in zip(tilings, [*tilings[1:], None], strict=True):
        try:
            for chunk in _after(stream(tiling), given):
                comfy.model_management.throw_exception_if_processing_interrupted()
                given += chunk.shape[2]
                yield chunk
            return
        except Exception as error:
            if tiling is tilings[-1] or not is_out_of_memory(error):
                raise
        comfy.model_management.soft_empty_cache()  # outside the handler, whose error holds tensors
        log.warning(
            "Sora: out of memory; starting again with %s, without the first %d frames, which are done",
            _name(then),
            given,
        )


def _after(chunks: Iterator[torch.Tensor], given: int) -> Iterator[torch.Tensor]:
    """Chunks without their first `given` frames."""
    for chunk in chunks:
        if given < chunk.shape[2]:
            yield chunk[:, :, given:]
        given = max(0, given - chunk.shape[2])


def _name(tiling: Tiling) -> str:
    if tiling is None:
        return "whole frames"
    return f"tiles of {tiling.size} pixels" if tiling.overlap else "whole frames with the cache offloaded to the CPU"


@contextmanager
def _without_warnings() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
