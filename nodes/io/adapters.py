"""Converts between ComfyUI's LATENT, MASK and VAE and the types of the core, with clear errors."""

from __future__ import annotations

from typing import Any

import torch

from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.shapes import Compression, VideoShape
from ...sora_core.canvas.time_grid import latent_of_each
from .. import host
from ..host.values import Vae

Latent = dict[
    str, Any
]  # ComfyUI's LATENT: {"samples": [B C T H W], "noise_mask": [B 1 T H W]}, or both nested with sound
FRACTIONS_ARE_LEVELS = "sora_noise_levels"  # key of our LATENTs whose noise_mask holds noise levels between 0 and 1
MADE_WITH = "sora_latent_space"  # key of our LATENTs: whose VAE made them
DEFAULT_COMPRESSION = Compression(4, 8, 8)
DEFAULT_CHANNELS = 16


def is_latent(value: Any) -> bool:
    """Whether a value is a LATENT."""
    return isinstance(value, dict) and "samples" in value


def parts_of(value: Any) -> list[torch.Tensor]:
    """The streams of samples or of a noise_mask: frames, and sound where they are nested."""
    return list(value.unbind()) if value.is_nested else [value]


def latent_samples(latent: Latent) -> torch.Tensor:
    """Samples [B C T H W] of the frames of a LATENT. Raises ValueError for an image latent, or for three streams."""
    samples, *others = parts_of(latent["samples"])
    if len(others) > 1 or (others and others[0].ndim != 4):
        shapes = [tuple(part.shape) for part in (samples, *others)]
        raise ValueError(f"got a latent of streams {shapes}, expected frames [B C T H W], or these and sound [B C L R]")
    if samples.ndim != 5:
        raise ValueError(
            f"got a latent of shape {tuple(samples.shape)}, expected a video latent [B C T H W]: make one with"
            " Sora Video Grid"
        )
    return samples


def clips_of(latent: Latent) -> list[Latent]:
    """Each clip of a LATENT as one of its own, without noise_mask."""
    parts = parts_of(latent["samples"])
    rest = {name: value for name, value in latent.items() if name not in ("samples", "noise_mask", "batch_index")}
    clips = [[part[clip : clip + 1] for part in parts] for clip in range(len(parts[0]))]
    return [{**rest, "samples": host.current().nested(own) if len(own) > 1 else own[0]} for own in clips]


def latent_noise_level(latent: Latent) -> torch.Tensor:
    """Noise level [B 1 T H W] of a LATENT: its noise_mask, in which 1 = invent too, or 1 where it has none.

    Raises ValueError for a mask that does not broadcast to the latent, and for one whose channels differ.
    """
    samples = latent_samples(latent)
    batch, channels, *grid = samples.shape
    mask: Any = latent.get("noise_mask")
    if mask is None:
        return torch.ones(batch, 1, *grid)
    level, wanted = one_channel(parts_of(mask)[0], channels), (batch, 1, *grid)
    if level.ndim == 5 and all(got in (1, size) for got, size in zip(level.shape, wanted, strict=True)):
        return level.expand(wanted)
    if level.ndim in (2, 3) or (
        level.ndim == 4 and level.shape[1] == 1
    ):  # in pixels, as from core's Set Latent Noise Mask
        return _of_pixels(level.reshape(-1, *level.shape[-2:]), grid).expand(batch, -1, -1, -1, -1)
    raise ValueError(
        f"got a noise_mask of shape {tuple(level.shape)}, expected {wanted} like the latent, or 1 along an axis "
        "that it broadcasts over, or a MASK of its video"
    )


def one_channel(mask: torch.Tensor, channels: int) -> torch.Tensor:
    """A mask [B C ...] of equal channels, as core's Concat AV Latent makes it, with one of them; others unchanged."""
    if mask.ndim in (4, 5) and mask.shape[1] == channels > 1 and bool((mask == mask[:, :1]).all()):
        return mask[:, :1]
    return mask


def latent_share(latent: Latent) -> torch.Tensor | None:
    """Share of the sample [B 1 T H W] at places that a noise_mask of core nodes blends with the latents, else None.

    For core, 0.2 keeps 0.8 of the latents in every step: the strength of an image or a guide. Below 0 it marks places
    that LTX leaves out. In LATENTs of our own such values are noise levels.
    """
    return share_of(latent, latent_noise_level(latent))


def share_of(latent: Latent, level: torch.Tensor) -> torch.Tensor | None:
    """As latent_share, of one of the streams of a LATENT."""
    if latent.get(FRACTIONS_ARE_LEVELS) or bool(((level == 0) | (level == 1)).all()):
        return None
    return torch.where(level == 0, 1.0, level)


def latent_places(latent: Latent) -> tuple[int, ...] | None:
    """batch_index of a LATENT: the index of each clip in the batch that it was taken from; None without one."""
    places = latent.get("batch_index")
    if places is None:
        return None
    clips = len(latent_samples(latent))
    if len(places) != clips or min(places) < 0:
        raise ValueError(f"got a batch_index of {list(places)} for {clips} clips, expected one index >= 0 for each")
    return tuple(int(place) for place in places)


def _of_pixels(region: torch.Tensor, grid: list[int]) -> torch.Tensor:
    """Noise levels [1 1 T h w] of a MASK [F H W], one for all frames or one per frame (see latent_of_each).

    A latent gets the highest value among its pixels. Raises ValueError for a mask that is coarser than the latent.
    """
    frames, (latents, height, width) = len(region), grid
    if 1 < frames < latents or region.shape[1] < height or region.shape[2] < width:
        raise ValueError(
            f"got a mask of {frames} frames of {region.shape[2]}x{region.shape[1]} on a latent of {latents} frames of "
            f"{width}x{height}, expected one mask, or one per frame, in pixels"
        )
    cells = torch.nn.functional.adaptive_max_pool2d(region.float().clamp(0, 1), (height, width))  # [F h w]
    if frames == 1:
        return cells.expand(latents, -1, -1)[None, None]
    of_latent = torch.tensor(latent_of_each(frames, latents))
    return torch.stack([cells[of_latent == latent].amax(dim=0) for latent in range(latents)])[None, None]


def video_latent(canvas: LatentCanvas) -> Latent:
    """A canvas as LATENT; without a noise_mask where its noise level is 1 everywhere, as from core nodes."""
    if bool((canvas.noise_level == 1).all()):
        return {"samples": canvas.clean}
    latent = {"samples": canvas.clean, "noise_mask": canvas.noise_level}
    is_fraction = (canvas.noise_level > 0) & (canvas.noise_level < 1)
    return {**latent, FRACTIONS_ARE_LEVELS: True} if bool(is_fraction.any()) else latent


def latent_canvas(latent: Latent) -> LatentCanvas:
    """A LATENT as a canvas."""
    samples = latent_samples(latent)
    return LatentCanvas(samples, latent_noise_level(latent).to(samples))


def vae_compression(vae: Vae | None) -> Compression:
    """Compression of a VAE; Wan 2.1's where none is connected. Raises ValueError for an image VAE."""
    if vae is None:
        return DEFAULT_COMPRESSION
    compression = host.current().compression(vae)
    if compression is None:
        raise ValueError(
            f"got an image VAE ({vae_name(vae)}, {vae.latent_channels} channels), expected a video VAE (one that "
            "compresses time)"
        )
    return compression


def vae_channels(vae: Vae | None) -> int:
    """Latent channels of a VAE; Wan 2.1's where none is connected."""
    return DEFAULT_CHANNELS if vae is None else vae.latent_channels


def vae_name(vae: Vae) -> str:
    """The host's class name of a VAE."""
    return type(getattr(vae, "first_stage_model", vae)).__name__


def made_with(latent: Latent, vae: Vae | None) -> Latent:
    """A LATENT that says whose VAE made it, where the host knows this."""
    space = None if vae is None else host.current().latent_space(vae)
    return latent if space is None else {**latent, MADE_WITH: space}


def check_made_with(latent: Latent, vae: Vae | None) -> None:
    """Raise ValueError for a LATENT that was made with the VAE of another model."""
    made = latent.get(MADE_WITH)
    if vae is None or made is None:
        return
    own = host.current().latent_space(vae)
    if own is not None and own != made:
        raise ValueError(
            f"got a latent made with the VAE of {made}, this VAE ({vae_name(vae)}) is that of {own}: connect the VAE "
            "of the MODEL to all nodes"
        )


def check_decodes(vae: Vae, latents: torch.Tensor) -> None:
    """Raise ValueError unless a VAE decodes latents [B C T H W] with this many channels."""
    if latents.shape[1] != vae.latent_channels:
        raise ValueError(
            f"got latents of {latents.shape[1]} channels, this VAE ({vae_name(vae)}) takes {vae.latent_channels}: "
            "connect the VAE of the MODEL that made them"
        )


def check_encoded(vae: Vae, images: torch.Tensor, latents: torch.Tensor) -> None:
    """Raise ValueError unless latents [1 C T h w] have the size that the VAE says for images [F H W 3]."""
    expected = (1, *vae_compression(vae).to_latent(VideoShape(*images.shape[:3]), vae.latent_channels))
    if tuple(latents.shape) != expected:
        raise ValueError(
            f"got latents of {tuple(latents.shape)} from this VAE ({vae_name(vae)}) for {images.shape[0]} frames of "
            f"{images.shape[2]}x{images.shape[1]}, expected {expected}: what it says of its sizes is not so"
        )
