"""What kind of MODEL the host has loaded: its family, channels and prediction, and whether it is one for our loop."""

from __future__ import annotations

from dataclasses import dataclass

import comfy.model_sampling

from .patcher import Patcher


@dataclass(frozen=True)
class Kind:
    """What two MODELs must have in common to share the levels of one video. in_channels: with those of given frames."""

    family: str
    latent_channels: int
    in_channels: int
    prediction: str

    @classmethod
    def of(cls, model: Patcher) -> Kind:
        """Of a MODEL."""
        latents = model.get_model_object("latent_format").latent_channels
        patches = getattr(model.model.diffusion_model, "patch_embedding", None)  # in the layout of Wan
        taken = getattr(patches, "in_channels", latents)
        return cls(model_name(model), latents, taken, model.model.model_type.name)

    def __str__(self) -> str:
        channels = f"{self.latent_channels} latent channels"
        taken = f", takes {self.in_channels}" if self.in_channels != self.latent_channels else ""
        return f"{self.family} ({channels}{taken}, {self.prediction})"


def model_name(model: Patcher) -> str:
    """What the host calls the family of a MODEL."""
    return type(model.model).__name__.removesuffix("Model")


def check_video_flow(model: Patcher) -> None:
    """ValueError unless a MODEL leads from noise to videos in a straight line."""
    sampling, kinds = model.get_model_object("model_sampling"), comfy.model_sampling
    reversed_flow = getattr(kinds, "IMG_TO_IMG_FLOW", ())  # from video to something else, without noise
    if not isinstance(sampling, kinds.CONST) or isinstance(sampling, reversed_flow):
        raise ValueError(
            f"got a MODEL ({model_name(model)}) that is not a flow model from noise to video, expected one (Wan, Sora, "
            "LTX, Hunyuan video, ...)"
        )
    if model.get_model_object("latent_format").latent_dimensions != 3:
        raise ValueError(
            f"got a MODEL for images ({model_name(model)}), expected one for videos (Wan, Sora, LTX, Hunyuan video)"
        )
