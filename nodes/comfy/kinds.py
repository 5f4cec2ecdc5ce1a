"""The kind of a MODEL: its family, channels and prediction type, and whether Sora Sampler can run it."""

from __future__ import annotations

from dataclasses import dataclass

import comfy.model_sampling

from .patcher import Patcher

IMAGE_NETWORKS = frozenset({"qwen_image", "joyimage", "krea2", "anima"})
"""The host's names of networks for images whose latents are those of a video VAE"""


@dataclass(frozen=True)
class Kind:
    """The kind of a MODEL; two experts must share it. in_channels: latents and any conditioning frames."""

    family: str
    latent_channels: int
    in_channels: int
    prediction: str

    @classmethod
    def of(cls, model: Patcher) -> Kind:
        """The kind of a MODEL."""
        latents = model.get_model_object("latent_format").latent_channels
        patches = getattr(model.model.diffusion_model, "patch_embedding", None)  # of Wan's transformer
        taken = getattr(patches, "in_channels", latents)
        return cls(model_name(model), latents, taken, model.model.model_type.name)

    def __str__(self) -> str:
        channels = f"{self.latent_channels} latent channels"
        taken = f", takes {self.in_channels}" if self.in_channels != self.latent_channels else ""
        return f"{self.family} ({channels}{taken}, {self.prediction})"


def model_name(model: Patcher) -> str:
    """ComfyUI's name of the family of a MODEL."""
    return type(model.model).__name__.removesuffix("Model")


def check_video_flow(model: Patcher) -> None:
    """Raise ValueError unless a MODEL is a flow matching model of videos."""
    sampling, kinds = model.get_model_object("model_sampling"), comfy.model_sampling
    reversed_flow = isinstance(sampling, kinds.IMG_TO_IMG_FLOW)  # maps images to images, without noise
    if not isinstance(sampling, kinds.CONST) or reversed_flow:
        raise ValueError(
            f"got a MODEL ({model_name(model)}) that is not a flow model from noise to video, expected one (Wan, Sora, "
            "LTX, Hunyuan video, ...)"
        )
    if not _is_of_videos(model):
        raise ValueError(
            f"got a MODEL that makes no videos ({model_name(model)}), expected one that does (Wan, Sora, LTX, Hunyuan "
            "video, ...)"
        )


def _is_of_videos(model: Patcher) -> bool:
    """Whether latents have a time, and the host's network of this name is not for images though they have."""
    latents = model.get_model_object("latent_format")
    if latents.latent_dimensions != 3 or getattr(latents, "temporal_downscale_ratio", None) == 1:
        return False
    return model.model.model_config.unet_config.get("image_model") not in IMAGE_NETWORKS
