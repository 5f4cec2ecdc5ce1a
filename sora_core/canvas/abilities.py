"""One short recipe per ability: pure functions that build a canvas from latents.

The abilities are those of OpenAI's report "Video generation models as world simulators". Latents must be encoded for
their position on the canvas, because a causal VAE encodes a clip in mid-canvas differently (placement.py). Every recipe
raises ValueError, with got and expected, for latents that do not fit the canvas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch

from .latent_canvas import LatentCanvas
from .shapes import LatentShape


class Border(NamedTuple):
    """Latent rows and columns to add around a clip."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


def text_to_video(
    shape: LatentShape,
    batch: int = 1,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> LatentCanvas:
    """Build a canvas of `batch` clips to generate from noise."""
    if batch < 1 or min(shape) < 1:
        raise ValueError(f"a canvas needs every size >= 1, got batch {batch} of {shape}")
    clean = torch.zeros(batch, *shape, device=device, dtype=dtype)  # [B C T H W]
    noise_level = torch.ones_like(clean[:, :1])  # [B 1 T H W]
    return LatentCanvas(clean, noise_level)


def text_to_image(
    shape: LatentShape,
    batch: int = 1,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> LatentCanvas:
    """Build a canvas of `batch` images: videos of one latent frame, whatever shape.frames says."""
    return text_to_video(shape._replace(frames=1), batch, device=device, dtype=dtype)


def known_frames(canvas: LatentCanvas) -> list[int]:
    """List the latent frames that have a known part in any clip of the batch."""
    return (canvas.noise_level == 0).any(4).any(3).any(1).any(0).nonzero().flatten().tolist()


def place(canvas: LatentCanvas, latents: torch.Tensor, at: int) -> LatentCanvas:
    """Put latents [B|1 C t H W] on a canvas as known frames, starting at latent frame `at`; returns a new canvas."""
    batch, channels, frames, height, width = canvas.clean.shape
    length = latents.shape[2]
    one = (channels, length, height, width)
    if tuple(latents.shape) not in {(1, *one), (batch, *one)}:
        raise ValueError(f"got latents of shape {tuple(latents.shape)}, expected {(batch, *one)} or a batch of 1")
    span = range(at, at + length)
    if at < 0 or span.stop > frames:
        raise ValueError(f"got latent frames {at}..{span.stop - 1}, expected them within 0..{frames - 1}")
    if taken := [frame for frame in known_frames(canvas) if frame in span]:
        raise ValueError(f"got latent frames {at}..{span.stop - 1}, expected frames not known yet: {taken} are known")
    clean, noise_level = canvas.clean.clone(), canvas.noise_level.clone()
    clean[:, :, at : span.stop] = latents
    noise_level[:, :, at : span.stop] = 0
    return LatentCanvas(clean, noise_level)


def put(canvas: LatentCanvas, part: LatentCanvas, at: int) -> LatentCanvas:
    """Put a canvas [B|1 C t H W] with its noise levels on another from latent frame `at` on; returns a new canvas."""
    batch, channels, frames, height, width = canvas.clean.shape
    length = part.shape.frames
    if part.batch not in (1, batch) or part.shape != (channels, length, height, width):
        raise ValueError(f"got a canvas of {part.batch} {part.shape} to put on one of {batch} {canvas.shape}")
    if at < 0 or at + length > frames:
        raise ValueError(f"got latent frames {at}..{at + length - 1}, expected them within 0..{frames - 1}")
    clean, noise_level = canvas.clean.clone(), canvas.noise_level.clone()
    clean[:, :, at : at + length] = part.clean
    noise_level[:, :, at : at + length] = part.noise_level
    return LatentCanvas(clean, noise_level)


def keyframes(keys: Mapping[int, torch.Tensor], frames: int) -> LatentCanvas:
    """Build a canvas of `frames` latent frames with the latents [B C t H W] of each key known from that frame on."""
    if not keys:
        raise ValueError("got no keyframes, expected at least one")
    first = next(iter(keys.values()))
    batch, channels, _, height, width = first.shape
    shape = LatentShape(channels, frames, height, width)
    canvas = text_to_video(shape, batch, device=first.device, dtype=first.dtype)
    for at, latents in keys.items():
        canvas = place(canvas, latents, at)
    return canvas


def animate_image(image: torch.Tensor, frames: int) -> LatentCanvas:
    """Build a canvas of `frames` latent frames with an image [B C 1 H W] as the first."""
    return keyframes({0: image}, frames)


def extend(clip: torch.Tensor, *, before: int = 0, after: int = 0) -> LatentCanvas:
    """Build a canvas with a clip [B C T H W] and `before` and `after` latent frames to generate around it."""
    if before < 0 or after < 0 or before + after == 0:
        raise ValueError(f"got {before} latent frames before and {after} after, expected >= 0 and one of them > 0")
    return keyframes({before: clip}, before + clip.shape[2] + after)


def connect(start: torch.Tensor, end: torch.Tensor, between: int) -> LatentCanvas:
    """Build a canvas with clips [B C T H W] and [B C T' H W] and `between` latent frames to generate between them."""
    if between < 1:
        raise ValueError(f"got {between} latent frames between the clips, expected at least 1")
    after = start.shape[2] + between
    return keyframes({0: start, after: end}, after + end.shape[2])


def loop(clip: torch.Tensor, head: torch.Tensor, between: int) -> LatentCanvas:
    """Build a canvas that leads from a clip [B C T H W] over `between` latent frames to its own start again.

    head: the start of the clip, [B C t H W], encoded at its position here. The generated frames, without the head,
        follow the clip and close the loop.
    """
    return connect(clip, head, between)


def morph(start: torch.Tensor, end: torch.Tensor, strength: float) -> LatentCanvas:
    """Build a canvas that fades from one clip [B C T H W] to another, with noise levels up to `strength` midway."""
    if start.shape != end.shape:
        raise ValueError(f"got clips of {tuple(start.shape)} and {tuple(end.shape)}, expected one shape")
    share = torch.linspace(0, 1, start.shape[2]).to(start).view(1, 1, -1, 1, 1)
    rise = torch.sin(math.pi * share).clamp(min=0) * _strength(strength)
    rise[:, :, 0] = rise[:, :, -1] = 0  # sin(pi) is not quite 0
    return LatentCanvas(torch.lerp(start, end, share), rise.expand_as(start[:, :1]))


def edit(clip: torch.Tensor, strength: float) -> LatentCanvas:
    """Build a canvas to edit a clip [B C T H W] by SDEdit at noise level `strength` in 0..1; 1 keeps only its size."""
    return LatentCanvas(clip, torch.full_like(clip[:, :1], _strength(strength)))


def inpaint(clip: torch.Tensor, noise_level: torch.Tensor) -> LatentCanvas:
    """Build a canvas from a clip [B C T H W] and noise levels that broadcast over it: 1 to generate, 0 to keep."""
    try:
        return LatentCanvas(clip, noise_level.to(clip).expand_as(clip[:, :1]))
    except RuntimeError as error:
        got, expected = tuple(noise_level.shape), tuple(clip[:, :1].shape)
        raise ValueError(f"got a noise_level of shape {got}, expected one that broadcasts over {expected}") from error


def outpaint(clip: torch.Tensor, border: Border) -> LatentCanvas:
    """Build a canvas with a clip [B C T H W] and a border to generate around it."""
    if min(border) < 0 or max(border) == 0:
        raise ValueError(f"got {border}, expected sizes >= 0 and one of them > 0")
    sides = (border.left, border.right, border.top, border.bottom)
    around = torch.nn.functional.pad(torch.zeros_like(clip[:, :1]), sides, value=1.0)
    return LatentCanvas(torch.nn.functional.pad(clip, sides), around)


def _strength(strength: float) -> float:
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must lie in 0..1, got {strength}")
    return strength
